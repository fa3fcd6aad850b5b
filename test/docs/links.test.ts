import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

const ROOT = resolve(__dirname, '../..');
const folder = readdirSync(join(ROOT, 'docs'), { recursive: true }) as string[];
const pages = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...folder.map((name) => `docs/${name}`)].filter((name) =>
  name.endsWith('.md'),
);

const read = (page: string) => readFileSync(join(ROOT, page), 'utf8').replace(/^```[\s\S]*?^```/gm, '');

/** As GitHub and npm make anchors of headings. */
const anchorsOf = (page: string) =>
  [...read(page).matchAll(/^#+ +(.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replace(/ /g, '-'),
  );

const links = pages.flatMap((page) =>
  [...read(page).matchAll(/\]\((?!https?:|mailto:)([^)\s]+)\)/g)].map(([, to = '']) => [page, to] as const),
);

test('there are links', () => {
  expect(links.length).toBeGreaterThan(50);
});

test.each(links)('%s: %s is there', (page, to) => {
  const [path = '', anchor] = to.split('#');
  const target = path === '' ? page : join(dirname(page), path);
  expect(existsSync(join(ROOT, target))).toBe(true);
  if (anchor !== undefined) expect(anchorsOf(target)).toContain(anchor);
});
