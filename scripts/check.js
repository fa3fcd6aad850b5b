// Builds, then runs every `check:…` script of package.json, the ones after a failure too.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { path } from './entry-points.js';

const { scripts } = JSON.parse(readFileSync(path('package.json'), 'utf8'));
const checks = ['build', ...Object.keys(scripts).filter((name) => name.startsWith('check:'))];

const failed = checks.filter((name) => {
  console.log(`\n── ${name}`);
  const { status } = spawnSync('npm', ['run', '--silent', name], { cwd: path('.'), stdio: 'inherit' });
  return status !== 0;
});

console.log(failed.length > 0 ? `\nfailed: ${failed.join(', ')}` : `\nall ${checks.length} checks passed`);
process.exitCode = failed.length > 0 ? 1 : 0;
