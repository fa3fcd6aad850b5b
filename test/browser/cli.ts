import { readFixtures } from './fixtures.js';
import { asked, runList } from './list.js';
import { pageLists } from './lists.js';
import { open } from './session.js';

/** `node --import tsx test/browser/cli.ts --backend webgl --filter regex`: the checks in a page, without jest. */

const request = asked('webgl');
const session = await open(request.run.name, { onConsole: (text) => console.log(`[page] ${text.slice(0, 1000)}`) });
try {
  process.exitCode = (await runList(request, pageLists(request.run, readFixtures()), session.check)) > 0 ? 1 : 0;
} finally {
  await session.close();
}
