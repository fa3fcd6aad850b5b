/** `npm run demo`: a page that trains the digits network live. It opens nothing; it prints where the page is. */
import { Command, InvalidArgumentError } from 'commander';
import { serveDemo } from './server.js';

function portOf(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new InvalidArgumentError('It must be a whole number from 0 (any that is free) to 65535.');
}

const { port } = new Command('npm run demo --')
  .description('Serves a page, on this machine only, that trains small networks on handwritten digits in the browser.')
  .option('--port <number>', 'where to listen; 0 is any port that is free', portOf, 0)
  .allowExcessArguments(false)
  .parse()
  .opts<{ port: number }>();

try {
  const demo = await serveDemo({ port });
  console.log(`Open ${demo.address} in a browser. It stops with Ctrl+C, or 10 minutes after its last page was closed.`);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => demo.close());
  console.log(`Stopped: ${await demo.ended}.`);
} catch (error) {
  const taken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
  const reason = taken ? `Port ${port} is taken. Give another, or leave --port out.` : String(error);
  console.error(`error: ${reason}`);
  process.exitCode = 1;
}
