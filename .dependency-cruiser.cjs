/** The arrows between folders: layers and wrappers → ops → core → kernels, downward only. */
const never = (name, from, to, comment) => ({
  name,
  severity: 'error',
  comment,
  from: typeof from === 'string' ? { path: from } : from,
  to: typeof to === 'string' ? { path: to } : to,
});

const host = '(^|/)node_modules/@tensorflow/';
/** Bundled into dist/cli.js. */
const cliLibraries = '(^|/)node_modules/(commander|picocolors|cli-progress|@types/cli-progress)/';
const typesOnly = { dependencyTypesNot: ['type-only'] };

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    never('no-circular', {}, { circular: true }, 'Arrows run downward only, no circles.'),
    never('no-unresolved', {}, { couldNotResolve: true }, 'Every import leads somewhere.'),
    never('kernels-at-the-bottom', '^src/kernels/', '^src/(?!kernels/)', 'A kernel knows nothing but the contract.'),
    never(
      'core-below-ops',
      '^src/core/',
      '^src/(?!core/|kernels/|norms[.]ts)',
      'core stands on the kernels and the table only.',
    ),
    never('ops-below-layers', '^src/ops/', '^src/(?!ops/|core/|kernels/|norms[.]ts)', 'ops know no layer.'),
    never(
      'layers-through-ops',
      '^src/(layers|wrappers)/',
      { path: '^src/(?!layers/|wrappers/|ops/|core/|serialization/|norms[.]ts)', ...typesOnly },
      'Layers do no arithmetic: they reach kernels through ops and core.',
    ),
    never(
      'serialization-reads-names',
      '^src/serialization/',
      '^src/(?!serialization/|core/|norms[.]ts)',
      'Identifiers and upgrades of files need no class; register.ts brings the classes.',
    ),
    never(
      'guide-reads-the-table',
      '^src/guide/',
      '^(?!src/(guide/|norms[.]ts|core/(errors|groups|near)[.]ts))',
      'The guide works without tfjs.',
    ),
    never(
      'pure-core',
      '^src/core/(errors|groups|near)[.]ts$',
      '^(?!src/core/(errors|groups)[.]ts)',
      'The guide reads them.',
    ),
    never(
      'auto-joins-guide-and-layers',
      '^src/auto/',
      '^src/(?!auto/|guide/|layers/|core/|norms[.]ts)',
      'What the guide chooses becomes a layer here, and only here.',
    ),
    never('table-is-data', '^src/norms[.]ts$', '.', 'The table is importable without anything else.'),
    never(
      'tools-read-models',
      '^src/(audit|convert|monitor)/',
      '^src/(kernels|ops)/',
      'audit, convert and monitor read models through the public API.',
    ),
    never(
      'convert-builds-models',
      '^src/convert/',
      '^src/(?!convert/|auto/|guide/|layers/|wrappers/|serialization/|core/(errors|near)[.]ts|norms[.]ts)',
      'Conversion makes layers by the names and configurations that everybody makes them by.',
    ),
    never(
      'nobody-below-converts',
      { path: '^src/', pathNot: '^src/(convert/|index[.]ts|cli/)' },
      '^src/convert/',
      'It stands on top.',
    ),
    never(
      'audit-reads',
      '^src/audit/',
      {
        path: '^src/(?!audit/|guide/|layers/|core/|serialization/|auto/degenerate[.]ts|norms[.]ts)',
      },
      'The audit reads models, the table and the guide; it makes and changes none.',
    ),
    never(
      'monitor-stands-on-layers',
      '^src/monitor/',
      '^src/(?!monitor/|auto/|layers/|core/errors[.]ts|norms[.]ts)',
      'monitor makes norms, finds layers and looks at them; it knows nothing else.',
    ),
    never(
      'monitor-on-top',
      { path: '^src/', pathNot: '^src/(monitor/|index[.]ts|cli/)' },
      '^src/monitor/',
      'Nothing stands on the monitor but the entry point and the command line.',
    ),
    never(
      'node-stands-apart',
      { path: '^src/', pathNot: '^src/(node|cli)/' },
      '^src/node/',
      'Node is an entry point only, and the command line enters there.',
    ),
    never(
      'cli-stands-apart',
      { path: '^src/', pathNot: '^src/cli/' },
      '^src/cli/',
      'The command line is a program only.',
    ),
    never(
      'cli-reads-entry-points',
      '^src/cli/',
      {
        path: '^(src|.*node_modules)/',
        pathNot: `^src/(cli/|(guide/|node/)?index[.]ts|convert/inputs[.]ts)|${cliLibraries}|${host}`,
        ...typesOnly,
      },
      'The command line uses the package as others do, and brings its libraries with it.',
    ),
    never(
      'cli-starts-without-tfjs',
      { path: '^src/cli/' },
      { path: `^src/((node/)?index|convert/.*)[.]ts$|${host}`, dependencyTypesNot: ['type-only', 'dynamic-import'] },
      'recommend and list run where no tfjs is: what needs it is imported when it is needed.',
    ),
    never(
      'node-builtins-in-node-only',
      { path: '^src/', pathNot: '^src/(node|cli)/' },
      { dependencyTypes: ['core'] },
      'Everything but ./node and the command line runs in browsers.',
    ),
    never(
      'side-effects-on-top',
      { path: '^src/', pathNot: '^src/(index[.]ts$|cli/)' },
      '^src/(index|register)[.]ts$',
      'Only the main entry point registers; a pure module that did would not tree-shake.',
    ),
    never(
      'no-backend',
      { path: '^src/', pathNot: '^src/cli/tfjs[.]ts$' },
      { path: `${host}tfjs-(backend|node)`, ...typesOnly },
      'Kernels get their backend from tfjs.',
    ),
    never(
      'no-deep-import',
      '^src/',
      {
        path: `${host}[^/]+/.`,
        pathNot: `/dist/tf-(core|layers|backend-\\w+)[.]node[.]js$|${host}tfjs-node/dist/index[.]js$`,
        ...typesOnly,
      },
      'Deep imports are types only.',
    ),
    never(
      'peers-only',
      { path: '^src/', pathNot: '^src/cli/' },
      { path: '(^|/)node_modules/', pathNot: `${host}(tfjs-core|tfjs-layers)/`, ...typesOnly },
      'The core has no runtime dependency but its peers.',
    ),
  ],
  options: {
    doNotFollow: { path: ['node_modules'] },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
  },
};
