// Of TensorFlow only errors: it reads this before a test could set it.
process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';

const shared = {
  testEnvironment: 'node',
  transform: { '^.+\\.ts$': '@swc/jest' },
  // Sources name their neighbours as the built files do (`./x.js`); under jest these are the `.ts` files.
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
};

/** @type {import('jest').Config} */
export default {
  maxWorkers: '100%',
  testSequencer: '<rootDir>/test/sequencer.js',
  reporters: ['default', '<rootDir>/test/reporter.js'],
  projects: [
    {
      ...shared,
      displayName: 'pack',
      testMatch: ['<rootDir>/test/**/*.test.ts'],
      testPathIgnorePatterns: ['<rootDir>/test/package/'],
    },
    {
      ...shared,
      displayName: 'package',
      testMatch: ['<rootDir>/test/package/*.test.ts'],
      globalSetup: '<rootDir>/test/package/setup.js',
      globalTeardown: '<rootDir>/test/package/teardown.js',
      testTimeout: 60_000,
    },
  ],
};
