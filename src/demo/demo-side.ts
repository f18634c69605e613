import { systemClock } from '../core/clock.ts'
import type { AbortOptions } from '../core/abort.ts'
import { messageOf } from '../core/errors.ts'
import { seedFrom } from '../core/rng.ts'
import type { PolicyName } from '../bandit/policies.ts'
import type { JobRow, Side } from '../experiment/comparison-types.ts'
import type { Decision } from '../job/decision.ts'
import type { FailureReason } from '../job/outcome.ts'
import type { Journal } from '../journal/journal.ts'
import type { Algorithm } from '../scoring/algorithms.ts'
import { promptOf } from '../simulation/engine/prompt.ts'
import type { TraceJob } from '../simulation/workload/trace.ts'
import { jobOf } from '../simulation/workload/workload.ts'
import { type LocalSwarm, startLocalSwarm } from '../swarm/local-swarm.ts'
import { type RouterNode, startRouter } from '../swarm/router-node.ts'
import { DEMO_MODEL, type DemoPlan } from './demo-plan.ts'

/** The policy of each side. Everything else is the same: retries, limits, cool-downs, evidence, probes. */
const SIDE_POLICIES: Readonly<Record<Side, PolicyName>> = { adaptive: 'thompson', static: 'fixed:standard' }

/** After this a job has failed, and counts with this time. */
const DEADLINE_MS = 30_000

const WATCH = { discoveryIntervalMs: 1000, probeIntervalMs: 2000 }

export interface DemoSideOptions extends AbortOptions {
  readonly plan: DemoPlan
  readonly seed: number
  readonly runMs: number
  /** Of this side; closed by `stop`, and when the start fails. */
  readonly journal: Journal
  readonly algorithms?: readonly Algorithm[]
}

/** One of the two swarms, its router, and what came of the jobs that went through it. */
export interface DemoSide {
  readonly side: Side
  readonly swarm: LocalSwarm
  readonly node: RouterNode
  readonly rows: readonly JobRow[]
  readonly inFlight: number
  nameOf(peer: string): string
  /** Resolves when all workers of the swarm are connected and have said what they serve. */
  complete(options: AbortOptions): Promise<void>
  /** Runs one job to its end; rejects only when the signal aborts. */
  run(index: number, recorded: TraceJob, options: AbortOptions): Promise<void>
  stop(): Promise<void>
}

export async function startSide(side: Side, options: DemoSideOptions): Promise<DemoSide> {
  const { plan, seed, runMs, journal, algorithms, signal } = options
  let swarm: LocalSwarm | undefined
  try {
    swarm = await startLocalSwarm(plan.swarmOf(side, runMs), { signal })
    const node = await startRouter(
      { clock: systemClock, journal },
      {
        bootstrap: swarm.bootstrap,
        models: [DEMO_MODEL],
        policy: SIDE_POLICIES[side],
        routerId: side,
        seed: seedFrom(side, seed),
        watch: WATCH,
        ...(algorithms === undefined ? {} : { algorithms })
      }
    )
    return new RunningSide(side, swarm, node)
  } catch (error) {
    await Promise.all([swarm?.stop(), journal.close()])
    throw error
  }
}

class RunningSide implements DemoSide {
  readonly side: Side
  readonly swarm: LocalSwarm
  readonly node: RouterNode
  readonly rows: JobRow[] = []
  inFlight = 0
  readonly #names: ReadonlyMap<string, string>
  readonly #micros = new Map<string, number>()
  readonly #rewards = new Map<string, number>()

  constructor(side: Side, swarm: LocalSwarm, node: RouterNode) {
    this.side = side
    this.swarm = swarm
    this.node = node
    this.#names = new Map(swarm.workers.map(({ peer, name }) => [peer, name]))
    node.selector.subscribe((event) => {
      if (event.kind === 'decided') this.#micros.set(event.decision.jobId, event.micros)
      if (event.kind === 'ended') this.#rewards.set(event.decision.jobId, event.record.reward)
    })
  }

  nameOf(peer: string): string {
    return this.#names.get(peer) ?? peer
  }

  complete({ signal }: AbortOptions): Promise<void> {
    const { watch } = this.node
    return new Promise((resolve, reject) => {
      const settle = (how: () => void) => {
        unsubscribe()
        signal?.removeEventListener('abort', stop)
        how()
      }
      const stop = () => {
        settle(() => {
          reject(signal?.reason as Error)
        })
      }
      const check = () => {
        if (watch.members(DEMO_MODEL).length >= this.#names.size) settle(resolve)
      }
      const unsubscribe = watch.onChange(check)
      signal?.addEventListener('abort', stop)
      if (signal?.aborted === true) stop()
      else check()
    })
  }

  async run(index: number, recorded: TraceJob, { signal }: AbortOptions): Promise<void> {
    const job = jobOf(recorded, { id: `job-${index}`, model: DEMO_MODEL, deadlineMs: DEADLINE_MS })
    const progress: Progress = { startMs: systemClock.now(), attempts: 0 }
    this.inFlight += 1
    try {
      const prompt = { text: promptOf(recorded), maxTokens: job.expectedOutputTokens }
      for await (const event of this.node.run(job, prompt, { signal })) follow(progress, event)
    } catch (error) {
      if (signal?.aborted === true) throw error
      progress.failure ??= { reason: 'timeout', message: messageOf(error) }
    } finally {
      this.inFlight -= 1
    }
    this.rows.push(this.#row(index, recorded, progress, job.workloadClass))
  }

  #row(index: number, recorded: TraceJob, progress: Progress, workloadClass: string): JobRow {
    const jobId = `job-${index}`
    return {
      side: this.side,
      index,
      arrivalMs: recorded.arrivalMs,
      ...resultOf(progress, recorded),
      peer: progress.decision === undefined ? 'none' : this.nameOf(progress.decision.peer),
      arm: progress.decision?.arm ?? 'none',
      workloadClass,
      promptTokens: recorded.promptTokens,
      decisionMicros: this.#micros.get(jobId) ?? 0,
      reward: progress.doneMs === undefined ? 0 : (this.#rewards.get(jobId) ?? 0)
    }
  }

  async stop(): Promise<void> {
    await Promise.all([this.node.stop(), this.swarm.stop()])
  }
}

interface Progress {
  readonly startMs: number
  attempts: number
  decision?: Decision
  firstTokenMs?: number
  doneMs?: number
  failure?: { readonly reason: FailureReason; readonly message: string }
}

function resultOf({ doneMs, failure, firstTokenMs, attempts }: Progress, { outputTokens }: TraceJob) {
  const tries = { firstTokenMs: firstTokenMs ?? null, attempts: Math.max(1, attempts) }
  if (doneMs !== undefined) return { ok: true, durationMs: doneMs, outputTokens, ...tries }
  return {
    ok: false,
    durationMs: DEADLINE_MS,
    outputTokens: 0,
    ...tries,
    ...(failure === undefined ? {} : { failure: failure.reason })
  }
}

type Events = ReturnType<RouterNode['run']>
type Event = Events extends AsyncIterable<infer E> ? E : never

function follow(progress: Progress, event: Event): void {
  const elapsedMs = systemClock.now() - progress.startMs
  switch (event.kind) {
    case 'attempt':
      progress.decision = event.decision
      progress.attempts += 1
      break
    case 'tokens':
      progress.firstTokenMs ??= elapsedMs
      break
    case 'attempt-failed':
      progress.failure = event
      // What it had said is void.
      delete progress.firstTokenMs
      break
    case 'done':
      progress.doneMs = elapsedMs
      break
  }
}
