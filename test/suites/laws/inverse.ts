import type { NormRow } from '../../../src/norms.js';
import { expectClose, type Pack, type Tf } from '../harness.js';
import { axesOf, parameterIndex, reference, statisticsOf } from '../reference.js';
import { forward, input, isAffine, parameters, plain, read, type Sample, sample, tolerance } from '../subjects.js';

/** With γ = √(σ² + ε) and β = μ (or g the kernel's length) a single example comes back. */
export async function undoes(row: NormRow, tf: Tf, pack: Pack) {
  const axis = row.parametersOver === 'axes' ? [1, 2, 3] : -1;
  const subject = sample(row, { shape: row.of === 'weights' ? [4, 5, 6] : [1, 4, 5, 6], options: { axis } });
  const index = parameterIndex(subject);
  const weights: Record<string, Float32Array> = { ...plain(subject) };
  if (row.of === 'weights') {
    const unit = reference(subject, subject.x);
    index.forEach((c, i) => {
      (weights.g as Float32Array)[c] = (subject.x[i] as number) / (unit[i] as number);
    });
  } else {
    // From the formula itself: y = (x − μ)·s is affine in x within a channel, so two elements give μ and s.
    const y = reference(
      subject,
      subject.x,
      Object.fromEntries(Object.entries(weights).filter(([name]) => !isAffine(name))),
    );
    inverse(subject, y, index, weights);
  }
  const tensors = () =>
    Object.fromEntries(
      Object.entries(parameters(tf, subject)).map(([name, t]) => [
        name,
        tf.tensor(weights[name] as Float32Array, t.shape),
      ]),
    );
  const back = await read(tf, () => forward(tf, pack, subject, input(tf, subject), tensors()));
  expectClose(back, subject.x, tolerance(tf, 4));
}

function inverse(subject: Sample, y: Float64Array, index: Int32Array, weights: Record<string, Float32Array>): void {
  const { row, x } = subject;
  const gamma = weights.gamma ?? weights.scale;
  if (row.parametersOver === 'axes') {
    const [{ mean, variance }] = statisticsOf(subject, x, {}) as [
      { mean(i: number): number; variance(i: number): number },
    ];
    index.forEach((c, i) => {
      if (gamma) gamma[c] = Math.sqrt(variance(i) + (subject.options.epsilon as number));
      if (weights.beta) weights.beta[c] = mean(i);
    });
    return;
  }
  const channels = subject.shape[axesOf(subject)[0] as number] as number;
  for (let c = 0; c < channels; c++) {
    const members = Array.from(index.keys()).filter((i) => index[i] === c);
    const low = members.reduce((a, b) => ((x[a] as number) < (x[b] as number) ? a : b));
    const high = members.reduce((a, b) => ((x[a] as number) > (x[b] as number) ? a : b));
    const slope = ((y[high] as number) - (y[low] as number)) / ((x[high] as number) - (x[low] as number));
    if (gamma) gamma[c] = 1 / slope;
    if (weights.beta) weights.beta[c] = (x[low] as number) - (y[low] as number) / slope;
  }
}
