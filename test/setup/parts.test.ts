import { type Part, SetupProblem, setUp } from '../../scripts/setup/part.js';
import { line, summary } from '../../scripts/setup/report.js';
import { choose } from '../../scripts/setup/select.js';

const part = (name: string, over: Partial<Part> = {}): Part => ({
  name,
  purpose: 'tests',
  present: async () => undefined,
  install: async () => 'made',
  ...over,
});
const parts = ['chromium', 'python', 'golden'].map((name) => part(name));
const names = (chosen: readonly Part[]) => chosen.map(({ name }) => name);

test('nothing named is every part but the one on demand', () => {
  expect(names(choose(parts, []))).toEqual(['chromium', 'python']);
  expect(names(choose(parts, [], true))).toEqual(['chromium', 'python', 'golden']);
  expect(names(choose(parts, ['golden']))).toEqual(['golden']);
  expect(names(choose(parts, ['python'], true))).toEqual(['python', 'golden']);
  expect(() => choose(parts, ['cuda'])).toThrow('There is no part "cuda". There are: chromium, python, golden.');
});

test('what is present is left as it is', async () => {
  const install = jest.fn();
  const outcome = await setUp(part('a', { present: async () => '/usr/bin/a', install }), () => {});
  expect(outcome).toMatchObject({ name: 'a', state: 'present', note: '/usr/bin/a' });
  expect(install).not.toHaveBeenCalled();
});

test('what is missing is made, and says what takes long', async () => {
  const said: string[] = [];
  const install: Part['install'] = async (say) => {
    say('fetching');
    return 'a 1.0';
  };
  expect(await setUp(part('a', { install }), (text) => said.push(text))).toMatchObject({
    state: 'installed',
    note: 'a 1.0',
  });
  expect(said).toEqual(['fetching']);
});

test('a failure is an outcome: its sentence, without a stack', async () => {
  const install = () => Promise.reject(new SetupProblem('Install it: apt-get install a.'));
  const outcome = await setUp(part('a', { install }), () => {});
  expect(outcome).toMatchObject({ state: 'failed', note: 'Install it: apt-get install a.' });
  expect(line(outcome)).toMatch(/✗ a: failed in 0\.\d s: Install it: apt-get install a\./);
  expect(summary([outcome])).toBe('not set up: a');
});
