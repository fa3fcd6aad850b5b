// Compares the public declarations of every entry point with the reports in docs/api; `--update` writes the reports.
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { Extractor, ExtractorConfig } from '@microsoft/api-extractor';
import { entryPoints, path } from './entry-points.js';

const update = process.argv.includes('--update');
const reports = path('docs/api');
mkdirSync(reports, { recursive: true });

/** `./ops` → `ops`, `.` → `index`. */
const reportName = (entry) => entry.replace(/^\.\/?/, '') || 'index';

function prepare(entry, module) {
  return ExtractorConfig.prepare({
    packageJsonFullPath: path('package.json'),
    configObjectFullPath: undefined,
    configObject: {
      projectFolder: path('.'),
      mainEntryPointFilePath: path(`dist/${module}.d.ts`),
      compiler: { tsconfigFilePath: path('tsconfig.build.json') },
      newlineKind: 'lf',
      apiReport: {
        enabled: true,
        reportFileName: `${reportName(entry)}.api.md`,
        reportFolder: reports,
        reportTempFolder: path('temp/api'),
        includeForgottenExports: true,
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        extractorMessageReporting: {
          default: { logLevel: 'warning', addToApiReportFile: true },
          // Everything exported is public: the release tags would only repeat it.
          'ae-missing-release-tag': { logLevel: 'none' },
          'ae-undocumented': { logLevel: 'none' },
          'ae-forgotten-export': { logLevel: 'none' },
          'ae-unresolved-link': { logLevel: 'none' },
        },
        tsdocMessageReporting: { default: { logLevel: 'none' } },
      },
    },
  });
}

let failed = false;
for (const [entry, module] of Object.entries(entryPoints)) {
  const result = Extractor.invoke(prepare(entry, module), {
    localBuild: update,
    messageCallback: (message) => {
      message.handled = message.logLevel !== 'error' && message.logLevel !== 'warning';
    },
  });
  const changed = result.apiReportChanged && !update;
  if (changed)
    console.error(`docs/api/${reportName(entry)}.api.md differs from the build: review it, then npm run api`);
  failed ||= changed || result.errorCount > 0;
}

const known = new Set(Object.keys(entryPoints).map((entry) => `${reportName(entry)}.api.md`));
for (const name of readdirSync(reports).filter((name) => !known.has(name))) {
  if (update) rmSync(`${reports}/${name}`);
  else {
    console.error(`docs/api/${name} belongs to no entry point`);
    failed = true;
  }
}
process.exitCode = failed ? 1 : 0;
