import type { Clock } from '../../../src/core/clock.ts'
import { type Model, PROMPT_BATCH, type Sampling, type Sequence, type Token } from './llama.ts'
import type { Machine } from './machine.ts'
import { type Piece, Pieces } from './pieces.ts'

export interface Generation {
  /** At least one token. */
  readonly prompt: readonly Token[]
  readonly maxTokens: number
  readonly sampling: Sampling
  /** Texts before which the answer ends. */
  readonly stops: readonly string[]
}

export interface Ending {
  readonly reason: 'stop' | 'length'
  readonly promptTokens: number
  /** Without the one that ends the text. */
  readonly outputTokens: number
  readonly promptMs: number
  readonly outputMs: number
}

export interface GenerationContext {
  readonly model: Model
  readonly machine: Machine
  readonly clock: Clock
}

async function readPrompt(machine: Machine, sequence: Sequence, prompt: readonly Token[], signal: AbortSignal): Promise<number> {
  await machine.run(() => sequence.clearHistory())
  let at = 0
  // The last batch is left to whoever samples after it.
  for (; prompt.length - at > PROMPT_BATCH; at += PROMPT_BATCH) {
    signal.throwIfAborted()
    const batch = prompt.slice(at, at + PROMPT_BATCH)
    await machine.run(() => sequence.evaluateWithoutGeneratingNewTokens(batch))
  }
  return at
}

/** Writes an answer. Pieces go to `send`, which may hold it up. @throws the signal's reason between two tokens */
export async function generate(
  { model, machine, clock }: GenerationContext,
  sequence: Sequence,
  { prompt, maxTokens, sampling, stops }: Generation,
  { signal, send }: { readonly signal: AbortSignal; readonly send: (piece: Piece) => Promise<void> }
): Promise<Ending> {
  const startMs = clock.now()
  const read = await readPrompt(machine, sequence, prompt, signal)
  const pieces = new Pieces<Token>((tokens) => model.detokenize(tokens), stops)
  const tokens = sequence.evaluate(prompt.slice(read), sampling)
  let firstMs = startMs
  let outputTokens = 0
  let reason: Ending['reason'] = 'length'
  try {
    while (outputTokens < maxTokens) {
      signal.throwIfAborted()
      const next = await machine.run(() => tokens.next())
      if (outputTokens === 0) firstMs = clock.now()
      if (next.done === true) {
        reason = 'stop'
        break
      }
      outputTokens++
      const piece = pieces.add(next.value)
      if (piece !== undefined) await send(piece)
      if (pieces.stopped) {
        reason = 'stop'
        break
      }
    }
  } finally {
    await tokens.return()
  }
  const rest = pieces.stopped ? undefined : pieces.end()
  if (rest !== undefined) await send(rest)
  const outputMs = clock.now() - firstMs
  return { reason, promptTokens: prompt.length, outputTokens, promptMs: firstMs - startMs, outputMs }
}
