import { readdir } from 'node:fs/promises'
import fc from 'fast-check'
import { systemClock } from '../../src/core/clock.ts'
import { messageOf } from '../../src/core/errors.ts'
import type { FuzzTarget } from './fuzz-target.ts'
import { tally } from './verdict.ts'

const TARGETS = new URL('./targets/', import.meta.url)

/** The modules of all targets. */
export async function targetFiles(): Promise<URL[]> {
  const names = await readdir(TARGETS)
  return names
    .filter((name) => name.endsWith('.ts'))
    .sort()
    .map((name) => new URL(name, TARGETS))
}

/** @throws where the module exports no target */
export async function loadTarget(file: URL): Promise<FuzzTarget> {
  const { target } = (await import(file.href)) as { readonly target?: FuzzTarget }
  if (target === undefined) throw new Error(`${file.pathname} must export a const named target`)
  return target
}

export interface FuzzOptions {
  readonly runs: number
  readonly seed: number
  /** For one input that waits, ms. */
  readonly timeLimitMs: number
  readonly onProgress?: (inputs: number) => void
}

interface FuzzFailure {
  readonly kind: 'crash' | 'hang'
  readonly message: string
  /** The smallest input that was found, as text. */
  readonly input: string
}

export interface FuzzReport {
  readonly name: string
  readonly inputs: number
  readonly values: number
  readonly refusals: number
  /** How often it crashed and hung. */
  readonly crashes: number
  readonly hangs: number
  /** The first of each sort. */
  readonly failures: readonly FuzzFailure[]
  /** Of this thread, after a collection where node was started with --expose-gc, bytes. */
  readonly heapBefore: number
  readonly heapAfter: number
  readonly durationMs: number
}

/** Between two reports of progress; a failure ends a batch, and the next one goes on. */
const BATCH = 500
/** More would only be more of the same. */
const MOST_FAILURES = 20
const MOST_INPUT_CHARACTERS = 2_000

class HangError extends Error {}

function heapUsed(): number {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

async function within(timeLimitMs: number, work: void | Promise<void>): Promise<void> {
  if (!(work instanceof Promise)) return
  const { promise, reject } = Promise.withResolvers<never>()
  const cancel = systemClock.after(timeLimitMs, () => {
    reject(new HangError(`not done after ${timeLimitMs} ms`))
  })
  try {
    await Promise.race([work, promise])
  } finally {
    cancel()
  }
}

/** Runs one batch. @returns how many inputs it took, and the failure that ended it */
async function runBatch(target: FuzzTarget, seed: number, numRuns: number, timeLimitMs: number) {
  let inputs = 0
  let failed: FuzzFailure['kind'] | undefined
  const property = fc.asyncProperty(target.input, async (input) => {
    // Each step of looking for a smaller input that hangs would take as long again.
    if (failed === 'hang') return
    if (failed === undefined) inputs += 1
    try {
      await within(timeLimitMs, target.check(input as never))
    } catch (error) {
      failed = error instanceof HangError ? 'hang' : 'crash'
      throw error
    }
  })
  const found = await fc.check(property, { seed, numRuns })
  if (failed === undefined) return { inputs }
  const input = fc.stringify(found.counterexample?.[0]).slice(0, MOST_INPUT_CHARACTERS)
  const error = found.errorInstance
  const message = (error instanceof Error ? error.stack : undefined) ?? messageOf(error)
  return { inputs, failure: { kind: failed, message, input } }
}

/** Failures with the same first line are of one sort. */
function sortOf({ kind, message }: FuzzFailure): string {
  return `${kind} ${message.split('\n', 1)[0]}`
}

/** Feeds a target with inputs, the same ones for the same seed, and goes on after a failure until there are enough of them. */
export async function fuzz(target: FuzzTarget, { runs, seed, timeLimitMs, onProgress }: FuzzOptions): Promise<FuzzReport> {
  const heapBefore = heapUsed()
  const startMs = systemClock.now()
  const before = { ...tally }
  const failures: FuzzFailure[] = []
  const counts = { crash: 0, hang: 0 }
  let inputs = 0
  for (let batch = 0; inputs < runs && counts.crash + counts.hang < MOST_FAILURES; batch++) {
    const done = await runBatch(target, seed + batch, Math.min(BATCH, runs - inputs), timeLimitMs)
    inputs += done.inputs
    if (done.failure !== undefined) {
      counts[done.failure.kind] += 1
      if (failures.every((known) => sortOf(known) !== sortOf(done.failure))) failures.push(done.failure)
    }
    onProgress?.(inputs)
  }
  return {
    name: target.name,
    inputs,
    values: tally.values - before.values,
    refusals: tally.refusals - before.refusals,
    crashes: counts.crash,
    hangs: counts.hang,
    failures,
    heapBefore,
    heapAfter: heapUsed(),
    durationMs: systemClock.now() - startMs
  }
}
