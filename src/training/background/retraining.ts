import { createWriteStream } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { AbortOptions } from '../../core/abort.ts'
import { checkInteger, checkRatio } from '../../core/check.ts'
import type { Clock } from '../../core/clock.ts'
import { type ErrorCode, isPeerbanditError, messageOf } from '../../core/errors.ts'
import { exportLatest } from '../../journal/export.ts'
import type { Journal } from '../../journal/journal.ts'
import type { ModelDocument } from '../../throughput/model-document.ts'
import { readModelDocument } from '../../throughput/model-file.ts'
import { type ModelStore, replaceFile } from '../../throughput/model-store.ts'
import { candidateFromThread, type CandidateThreadOptions } from './candidate-thread.ts'
import { type Candidate, type CandidateOptions, HELD_BACK } from './candidate-task.ts'

export interface RetrainingComponents {
  /** Where the model that serves is, and the better one goes. */
  readonly store: ModelStore
  readonly clock: Pick<Clock, 'wall'>
  /** Whose latest outcomes are learned from. Open in this process; the thread reads a copy. */
  readonly journal?: Pick<Journal, 'decision' | 'outcomes' | 'lastSequence'>
}

export interface RetrainingOptions extends CandidateOptions {
  /** Recorded runs beside those of the journal, as of `peerbandit train`: files, URLs and patterns. @default none */
  readonly data?: readonly string[]
  /** Outcomes of the journal that are taken, the latest, ≥ 1. @default 20000 */
  readonly mostOutcomes?: number
}

const MOST_OUTCOMES = 20_000

/** How a retraining ended. */
export type RetrainingVerdict =
  /** The new model serves. */
  | { readonly kind: 'promoted'; readonly name: string; readonly model: ModelDocument; readonly why: string }
  /** The one that served before goes on: the candidate was not better, and is gone. */
  | { readonly kind: 'kept'; readonly why: string }
  /** There is no candidate: too few rows, no backend, … */
  | { readonly kind: 'failed'; readonly code: ErrorCode | undefined; readonly why: string }
  /** By the signal. */
  | { readonly kind: 'stopped' }

/** Trains beside a running router. */
export interface Retraining {
  /**
   * Trains a candidate in a thread and lets it serve if it is better than the serving model and all baselines on the latest outcomes.
   * Never rejects; while one runs, another fails at once.
   */
  run(options?: CandidateThreadOptions): Promise<RetrainingVerdict>
}

/** @throws ERR_INVALID_OPTION */
export function backgroundRetraining(components: RetrainingComponents, options: RetrainingOptions = {}): Retraining {
  checkInteger('mostOutcomes', options.mostOutcomes ?? MOST_OUTCOMES, { min: 1 })
  checkRatio('heldBack', options.heldBack ?? HELD_BACK)
  return new ThreadRetraining(components, options)
}

const BUSY: RetrainingVerdict = { kind: 'failed', code: undefined, why: 'another retraining runs' }

class ThreadRetraining implements Retraining {
  readonly #components: RetrainingComponents
  readonly #options: RetrainingOptions
  #running = false

  constructor(components: RetrainingComponents, options: RetrainingOptions) {
    this.#components = components
    this.#options = options
  }

  async run(options: CandidateThreadOptions = {}): Promise<RetrainingVerdict> {
    if (this.#running) return BUSY
    this.#running = true
    try {
      return await this.#settle(await this.#train(options))
    } catch (error) {
      if (options.signal?.aborted === true) return { kind: 'stopped' }
      return { kind: 'failed', code: isPeerbanditError(error) ? error.code : undefined, why: messageOf(error) }
    } finally {
      this.#running = false
    }
  }

  async #train(options: CandidateThreadOptions): Promise<Candidate> {
    const { data = [], mostOutcomes = MOST_OUTCOMES, ...fitting } = this.#options
    const { journal, store, clock } = this.#components
    const folder = await mkdtemp(join(tmpdir(), 'peerbandit-retraining-'))
    try {
      // LevelDB lets nobody else read the journal.
      const path = join(folder, 'journal.jsonl')
      if (journal !== undefined) await writeLines(path, exportLatest(journal, mostOutcomes), options)
      const all = journal === undefined ? data : [path, ...data]
      const created = new Date(clock.wall()).toISOString()
      return await candidateFromThread({ ...fitting, data: all, models: store.directory, created }, options)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }

  async #settle({ text, better, why, against }: Candidate): Promise<RetrainingVerdict> {
    const { store, clock } = this.#components
    if (!better) return { kind: 'kept', why }
    const now = (await store.serving()).model?.sha256
    if (now !== against) return { kind: 'kept', why: 'another model serves since the training began' }
    const promotedAt = new Date(clock.wall()).toISOString()
    const name = `retrained-${promotedAt.replaceAll(':', '-')}`
    const path = join(store.directory, `${name}.json`)
    await mkdir(store.directory, { recursive: true })
    await replaceFile(path, text)
    try {
      await store.promote(name, { promotedAt, why })
    } catch (error) {
      await rm(path, { force: true })
      throw error
    }
    return { kind: 'promoted', name, model: readModelDocument(text), why }
  }
}

function writeLines(path: string, lines: AsyncIterable<string>, { signal }: AbortOptions): Promise<void> {
  const ended = async function* () {
    for await (const line of lines) yield `${line}\n`
  }
  return pipeline(Readable.from(ended()), createWriteStream(path), signal === undefined ? {} : { signal })
}
