import { checkInteger, checkPositive, checkText } from '../../core/check.ts'
import { type Clock, systemClock, type Timers } from '../../core/clock.ts'
import type { Claims } from '../../peer/observation.ts'
import type { Engine } from '../../router/transport.ts'
import { provideContents } from '../discovery.ts'
import type { NetworkNode } from '../node.ts'
import type { Serving } from '../serving.ts'
import { type Answer, answerWhole, speedOf } from './answer.ts'
import type { Metadata } from './metadata.ts'
import { serveMetadata } from './metadata-protocol.ts'
import { RENDEZVOUS } from './protocols.ts'
import { serveInference } from './serve-inference.ts'

export interface ServeCrowdllamaOptions {
  /** Jobs that one remote peer may have here at a time, ≥ 1; more are refused. @default 64 */
  readonly maxJobsPerPeer?: number
  /** Most bytes of a request, ≥ 1. @default 1048576 */
  readonly maxRequestBytes?: number
  /** Most tokens of an answer, ≥ 1: requests cannot say. @default 4096 */
  readonly maxTokens?: number
  /** How long a requester may take to send its request, ms > 0. @default 5000 */
  readonly requestTimeoutMs?: number
  /** How long a requester may read nothing, ms > 0. @default 30000 */
  readonly writeTimeoutMs?: number
  /** How often the node says in the DHT that it is there, ms > 0. @default 10000 */
  readonly advertiseIntervalMs?: number
  /** Of the program, told with the metadata. @default "peerbandit" */
  readonly version?: string
  readonly clock?: Clock & Timers
}

const DEFAULTS = {
  maxJobsPerPeer: 64,
  maxRequestBytes: 1_048_576,
  maxTokens: 4_096,
  requestTimeoutMs: 5_000,
  writeTimeoutMs: 30_000,
  advertiseIntervalMs: 10_000,
  version: 'peerbandit',
  clock: systemClock
} as const satisfies ServeCrowdllamaOptions

/** How soon to try again while no DHT server took the record, ms. */
const RETRY_MS = 1_000
/** Weight of the latest answer in the speed that is told. */
const LATEST_WEIGHT = 0.2
/** What a worker asks itself to learn its speed. */
const SAMPLE = { prompt: 'Count from one to twenty in words.', maxTokens: 32 }

/** The speed that is told: what the engine measures, else what was seen of its answers, else what its operator says; 0 until then. */
function speedometer(engine: Engine, claimed: number) {
  let seen: number | undefined
  const current = () => {
    const { tokensPerSecond } = engine.load()
    return tokensPerSecond > 0 ? tokensPerSecond : (seen ?? claimed)
  }
  return {
    current,
    note: (answer: Answer): void => {
      const speed = speedOf(answer)
      if (speed !== undefined) seen = seen === undefined ? speed : seen + LATEST_WEIGHT * (speed - seen)
    }
  }
}

function resolve(options: ServeCrowdllamaOptions): Required<ServeCrowdllamaOptions> {
  const settings = { ...DEFAULTS, ...options }
  checkInteger('maxJobsPerPeer', settings.maxJobsPerPeer, { min: 1 })
  checkInteger('maxRequestBytes', settings.maxRequestBytes, { min: 1 })
  checkInteger('maxTokens', settings.maxTokens, { min: 1 })
  checkPositive('requestTimeoutMs', settings.requestTimeoutMs)
  checkPositive('writeTimeoutMs', settings.writeTimeoutMs)
  checkPositive('advertiseIntervalMs', settings.advertiseIntervalMs)
  return settings
}

/**
 * Serves an engine to the consumers of a CrowdLlama network: answers jobs and questions about itself, and says in the DHT that it is there.
 *
 * What it says of itself is measured where it can be: `load` from the engine's places, the speed from its answers. A worker that knows no
 * speed yet asks its engine for one short answer: CrowdLlama's consumers never choose who claims none.
 * @param claims models, GPU and memory as they are; its load is not used, its speed only until one was measured
 * @throws ERR_INVALID_OPTION
 */
export async function serveCrowdllama(
  node: NetworkNode,
  engine: Engine,
  claims: Claims,
  options: ServeCrowdllamaOptions = {}
): Promise<Serving> {
  const settings = resolve(options)
  const { clock, advertiseIntervalMs, version } = settings
  const { models, gpuModel, vramGb } = claims
  for (const model of models) checkText('claims.models', model)
  const speed = speedometer(engine, claims.tokensPerSecond)
  const stopping = new AbortController()

  function metadata(): Metadata {
    const { slots, running, queued } = engine.load()
    const loadRatio = Math.min(1, (running + queued) / Math.max(1, slots))
    return { models, gpuModel, vramGb, loadRatio, tokensPerSecond: speed.current(), updatedMs: clock.wall(), isWorker: true }
  }

  async function measure(): Promise<void> {
    if (speed.current() > 0 || models.length === 0) return
    const request = { jobId: 'crowdllama-sample', model: models[0], promptTokens: 0, ...SAMPLE }
    try {
      speed.note(await answerWhole(engine, request, { clock, arrivedMs: clock.now(), signal: stopping.signal }))
    } catch {
      // It says that it has no speed until it has answered somebody.
    }
  }

  const serves = (model: string) => models.includes(model)
  const inference = await serveInference(node, { engine, clock, serves, onAnswer: speed.note }, settings)
  const telling = await serveMetadata(node, metadata, { version, timers: clock })
  const interval = { intervalMs: advertiseIntervalMs, retryMs: Math.min(RETRY_MS, advertiseIntervalMs), timers: clock }
  const providing = provideContents(node, [{ name: 'the place where CrowdLlama nodes meet', cid: () => RENDEZVOUS }], interval)
  const measuring = measure()
  return {
    async stop() {
      stopping.abort()
      await Promise.all([providing.stop(), inference.stop(), telling.stop(), measuring])
    }
  }
}
