/** The page: a form, the guide's answer to it, and two models that learn. What computes is in workers. */
import { showAdvice } from './advice.js';
import { byId } from './element.js';
import { errorText, showResults } from './results.js';
import { type Model, modelsFor, trainModels } from './run.js';
import { buildForm, keepInAddress, lockForm, onTrain, readForm, refuseBackend, type Settings } from './settings.js';
import { showDigits } from './strip.js';
import { probeBackends } from './workers.js';

const trainButton = byId<HTMLButtonElement>('train');
const stopButton = byId<HTMLButtonElement>('stop');

function say(text: string, failed = false): void {
  const status = byId('status');
  status.textContent = text;
  status.classList.toggle('failed', failed);
}

const textOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

function verdict(models: readonly Model[], { epochs, batchSize, backend }: Settings): string {
  const read = models.map((model) => `${model.norm} norm reads ${errorText(model)} wrongly`).join(', ');
  return `Done: after ${epochs} ${epochs === 1 ? 'epoch' : 'epochs'} at batch size ${batchSize} on ${backend}, ${read}.`;
}

/** At most once a frame, however fast the models report. */
function eachFrame(draw: () => void): () => void {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      draw();
    });
  };
}

async function train(): Promise<void> {
  const settings = readForm();
  const models = modelsFor(settings);
  const stop = new AbortController();
  const show = () => showResults(models, settings.epochs);
  const setTraining = (training: boolean) => {
    lockForm(training);
    trainButton.disabled = training;
    stopButton.disabled = !training;
    document.body.dataset.state = training ? 'training' : 'idle';
  };
  stopButton.onclick = () => stop.abort('stopped');
  setTraining(true);
  say(`Training on ${settings.backend}, ${settings.batchSize} images a step …`);
  show();
  try {
    await trainModels(models, settings, stop, eachFrame(show));
    say(verdict(models, settings));
  } catch (error) {
    if (error === 'stopped') say('Stopped.');
    else say(`It failed: ${textOf(error)}`, true);
  } finally {
    show();
    setTraining(false);
  }
}

function showSettings(settings: Settings): void {
  keepInAddress(settings);
  showAdvice(settings);
  showResults(modelsFor(settings), settings.epochs || 1);
  say('Not trained yet.');
}

/** The server sees by this connection that somebody is here; and the page, that the server is. */
function stayPresent(): void {
  const presence = new EventSource('/present');
  const tell = (gone: boolean) => {
    byId('server').hidden = !gone;
  };
  presence.onopen = () => tell(false);
  presence.onerror = () => tell(true);
}

async function start(): Promise<void> {
  buildForm(showSettings);
  showSettings(readForm());
  onTrain(train);
  stayPresent();
  await showDigits();
  await probeBackends((backend, unavailable) => {
    if (unavailable !== null) refuseBackend(backend, unavailable);
  });
  keepInAddress(readForm());
  document.body.dataset.state = 'idle';
}

start().catch((error: unknown) => say(`It did not start: ${textOf(error)}`, true));
