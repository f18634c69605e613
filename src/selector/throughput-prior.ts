import { parseModelName } from '../catalogue/model-name.ts'
import { PeerbanditError } from '../core/errors.ts'
import { setLatest } from '../core/latest.ts'
import type { PeerId } from '../job/decision.ts'
import type { Claims } from '../peer/observation.ts'
import type { PacePrior } from '../prediction/pace-prior.ts'
import { type AdaptiveCoverage, adaptiveCoverage } from '../throughput/adaptive-coverage.ts'
import { conformityScore, DECILE_SPAN } from '../throughput/calibration.ts'
import type { HeadInputs } from '../throughput/head-features.ts'
import { type OnlineHead, onlineHead, type SpeedBelief } from '../throughput/online-head.ts'
import type { ThroughputQuery } from '../throughput/query.ts'
import type { ThroughputModel } from '../throughput/throughput-model.ts'

const MS_PER_SECOND = 1000
const SNAPSHOT_VERSION = 1

/** A peer's pace counts once it has had so long to settle, and after that so seldom: a busy peer is no more than one peer. */
const SETTLED_MS = 60_000
/** Peers of which it is remembered when they last counted; of more, those that counted longest ago are forgotten. */
const MOST_PEERS = 2_000
/** However well the others of its kind are known, the next peer may be a tenth faster or slower: standard deviation of ln tokens/s. */
const LEAST_DEVIATION = 0.1
/** From the median of an interval to its end, in standard deviations. */
const HALF_SPAN = DECILE_SPAN / 2

/** How far the model is borne out by this deployment's peers. */
export interface ThroughputStatus {
  /** Hash of the model in use; undefined where there is none. */
  readonly model: string | undefined
  /** False while its intervals cover too few of the paces that peers turn out to have: newcomers then start without it. */
  readonly healthy: boolean
  /** Share of the last hundred settled paces that the intervals covered, 0–1; undefined before the first. */
  readonly coverage: number | undefined
  /** Settled paces that were held against the intervals. */
  readonly outcomes: number
}

/** What a restart keeps: plain JSON. */
export interface ThroughputSnapshot {
  readonly version: typeof SNAPSHOT_VERSION
  /** Hash of the model that it was learned over. */
  readonly model: string
  readonly head: unknown
  readonly coverage: unknown
  readonly outcomes: number
}

export interface ThroughputPrior extends PacePrior {
  readonly status: ThroughputStatus
  /** From now on another model, over which everything starts anew; undefined for none. What peers themselves showed stays with them. */
  use(model: ThroughputModel | undefined): void
  /** Undefined where there is no model. */
  snapshot(): ThroughputSnapshot | undefined
  /** Goes on from a snapshot; that of another model is passed over. @throws ERR_SNAPSHOT; what was learned then stays */
  restore(snapshot: unknown): void
}

export interface ThroughputPriorOptions {
  /** Takes a line when the model is given up for a while, and when it is used again. @default nobody */
  readonly announce?: (line: string) => void
}

/**
 * Where newcomers start from: what the throughput model expects of their hardware, corrected by what this deployment has seen of machines
 * like theirs. Each peer's pace, once it is known, teaches the model's head, and is held against what was expected from the other peers
 * alone: that sets how wide the intervals are, and whether they are worth anything.
 */
export function throughputPrior(
  model?: ThroughputModel,
  { announce = () => undefined }: ThroughputPriorOptions = {}
): ThroughputPrior {
  return new HardwarePrior(model, announce)
}

/** A model with what a deployment learns over it. */
interface InUse {
  readonly model: ThroughputModel
  readonly head: OnlineHead
  readonly coverage: AdaptiveCoverage
  outcomes: number
}

function begin(model: ThroughputModel): InUse {
  const { weights, sha256 } = model.document
  return { model, head: onlineHead({ hidden: weights.hidden, id: sha256 }), coverage: adaptiveCoverage(), outcomes: 0 }
}

class HardwarePrior implements ThroughputPrior {
  #inUse: InUse | undefined
  readonly #announce: (line: string) => void
  /** When each peer last counted, or was first seen, ms; the longest ago first. */
  readonly #countedMs = new Map<PeerId, number>()

  constructor(model: ThroughputModel | undefined, announce: (line: string) => void) {
    this.#announce = announce
    this.use(model)
  }

  get status(): ThroughputStatus {
    const { model, coverage, outcomes = 0 } = this.#inUse ?? {}
    return {
      model: model?.document.sha256,
      healthy: coverage?.healthy ?? true,
      coverage: coverage?.coverage,
      outcomes
    }
  }

  use(model: ThroughputModel | undefined): void {
    this.#inUse = model === undefined ? undefined : begin(model)
    this.#countedMs.clear()
  }

  expected(peer: PeerId, claims: Claims, atMs: number) {
    if (this.#inUse?.coverage.healthy !== true) return undefined
    const { model, head, coverage } = this.#inUse
    const inputs = inputsOf(model, claims)
    if (inputs === undefined) return undefined
    const { mean, variance } = head.predict(peer, inputs, atMs)
    const deviation = Math.max(LEAST_DEVIATION, Math.sqrt(variance) + coverage.offset / HALF_SPAN)
    return { mean: Math.log(MS_PER_SECOND) - mean, variance: deviation * deviation }
  }

  learn(peer: PeerId, claims: Claims, logPace: number, atMs: number): void {
    if (this.#inUse === undefined) return
    const { model, head } = this.#inUse
    const inputs = inputsOf(model, claims)
    if (inputs === undefined) return
    const logSpeed = Math.log(MS_PER_SECOND) - logPace
    if (this.#isSettled(peer, atMs)) this.#hold(this.#inUse, logSpeed, head.predictFromOthers(peer, inputs))
    head.update(peer, inputs, Math.exp(logSpeed), atMs)
  }

  #isSettled(peer: PeerId, atMs: number): boolean {
    const lastMs = this.#countedMs.get(peer)
    if (lastMs !== undefined && atMs - lastMs < SETTLED_MS) return false
    setLatest(this.#countedMs, peer, atMs, MOST_PEERS)
    return lastMs !== undefined
  }

  #hold(inUse: InUse, logSpeed: number, { mean, variance }: SpeedBelief): void {
    const { coverage } = inUse
    const wasHealthy = coverage.healthy
    const half = HALF_SPAN * Math.sqrt(variance)
    coverage.observe(conformityScore(mean - half, mean + half, logSpeed))
    inUse.outcomes += 1
    if (coverage.healthy !== wasHealthy) this.#announce(lineOf(this.status))
  }

  snapshot(): ThroughputSnapshot | undefined {
    if (this.#inUse === undefined) return undefined
    const { model, head, coverage, outcomes } = this.#inUse
    return {
      version: SNAPSHOT_VERSION,
      model: model.document.sha256,
      head: head.snapshot(),
      coverage: coverage.state(),
      outcomes
    }
  }

  restore(snapshot: unknown): void {
    const found = checkSnapshot(snapshot)
    if (found.model !== this.#inUse?.model.document.sha256) return
    const restored = begin(this.#inUse.model)
    restored.head.restore(found.head)
    restored.coverage.restore(found.coverage)
    restored.outcomes = found.outcomes
    this.#inUse = restored
  }
}

/** What a peer says of its machine, as a question to the model; undefined where it names no GPU, or a model of unknown size. */
function queryOf({ gpuModel, vramGb, models, tokensPerSecond }: Claims): ThroughputQuery | undefined {
  const [model] = models
  if (gpuModel === '' || model === undefined || parseModelName(model).paramsB === undefined) return undefined
  return {
    gpu: gpuModel,
    claimedTokensPerSecond: tokensPerSecond,
    model,
    ...(vramGb > 0 && { vramGb })
  }
}

/** Undefined also where an absurd calibration makes an answer that is no number: a model must not stop a router. */
function inputsOf(model: ThroughputModel, claims: Claims): HeadInputs | undefined {
  const query = queryOf(claims)
  if (query === undefined) return undefined
  const inputs = model.headInputs(query)
  return [inputs.speed10, inputs.speed50, inputs.speed90].every(Number.isFinite) ? inputs : undefined
}

function lineOf({ model = '', healthy, coverage = 0 }: ThroughputStatus): string {
  const share = `its 80 % intervals cover ${Math.round(100 * coverage)} % of the last paces`
  return `throughput model ${model.slice(0, 12)}: ${share}: ${healthy ? 'used again' : 'not used until they cover more'}`
}

function checkSnapshot(snapshot: unknown): ThroughputSnapshot {
  const found = (snapshot ?? {}) as Partial<ThroughputSnapshot>
  if (found.version !== SNAPSHOT_VERSION) {
    throw new PeerbanditError('ERR_SNAPSHOT', `throughput prior: got v${String(found.version)}, expected v${SNAPSHOT_VERSION}`)
  }
  if (typeof found.model === 'string' && Number.isInteger(found.outcomes)) return found as ThroughputSnapshot
  throw new PeerbanditError('ERR_SNAPSHOT', 'throughput prior: model or outcomes are missing or of another kind')
}
