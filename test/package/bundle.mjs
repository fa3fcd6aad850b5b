// node bundle.mjs <project> <names>: bundles `<project>/<name>.js` with each bundler to `<project>/<bundler>/<name>.cjs`.
import { join } from 'node:path';
import { nodeResolve } from '@rollup/plugin-node-resolve';
import { build } from 'esbuild';
import { rollup } from 'rollup';
import webpack from 'webpack';

const [project, ...names] = process.argv.slice(2);
const output = (bundler, name) => join(project, bundler, `${name}.cjs`);

async function withRollup(name) {
  const bundle = await rollup({
    input: join(project, `${name}.js`),
    external: [/^@tensorflow\//],
    plugins: [nodeResolve()],
  });
  await bundle.write({ file: output('rollup', name), format: 'cjs' });
  await bundle.close();
}

async function withEsbuild(name) {
  await build({
    entryPoints: [join(project, `${name}.js`)],
    outfile: output('esbuild', name),
    bundle: true,
    external: ['@tensorflow/*'],
    format: 'cjs',
    logLevel: 'error',
  });
}

async function withWebpack(name) {
  const stats = await new Promise((resolve, reject) => {
    webpack(
      {
        mode: 'production',
        target: 'node',
        context: project,
        entry: join(project, `${name}.js`),
        output: { path: join(project, 'webpack'), filename: `${name}.cjs` },
        externals: [
          ({ request }, done) => (request.startsWith('@tensorflow/') ? done(null, `commonjs ${request}`) : done()),
        ],
      },
      (error, stats) => (error ? reject(error) : resolve(stats)),
    );
  });
  if (stats.hasErrors()) throw new Error(stats.toString('errors-only'));
}

for (const name of names) await Promise.all([withRollup(name), withEsbuild(name), withWebpack(name)]);
