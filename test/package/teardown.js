import { rmSync } from 'node:fs';

export default async function teardown() {
  rmSync(process.env.TFNORM_PACKAGE_PROJECT, { recursive: true, force: true });
}
