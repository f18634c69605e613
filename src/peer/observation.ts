import { checkNonNegative, checkRatio } from '../core/check.ts'
import { PeerbanditError } from '../core/errors.ts'
import type { LoadReport, Outcome } from '../job/outcome.ts'

/** What a peer says of itself. Kept apart from what was observed, never a source of reward. */
export interface Claims {
  readonly models: readonly string[]
  /** Decode speed that the peer advertises, tokens/s ≥ 0; 0 when it does not say. */
  readonly tokensPerSecond: number
  /** GPU name as the peer writes it, e.g. "RTX 4090"; "" when it does not say. */
  readonly gpuModel: string
  /** GPU memory in GB, ≥ 0. */
  readonly vramGb: number
  /** Load it admits to, ≥ 0; 0–1 from an honest peer, which is not for here to judge. */
  readonly loadRatio: number
}

/** The size of a dispatched job and what came of it. */
export interface OutcomeObservation {
  readonly kind: 'outcome'
  readonly promptTokens: number
  readonly expectedOutputTokens: number
  /** Jobs of this router that the peer already had in flight when this one was dispatched, ≥ 0. */
  readonly inFlightAtDispatch: number
  readonly outcome: Outcome
  /** The decision that it came of, where there was one. */
  readonly decisionId?: string
}

/** One thing that this router saw of a peer. */
export type Observation =
  | { readonly kind: 'ping'; /** Round trip, ms ≥ 0. */ readonly rttMs: number }
  | { readonly kind: 'ping-failed' }
  | { readonly kind: 'connected' }
  | { readonly kind: 'disconnected' }
  | { readonly kind: 'load'; readonly load: LoadReport }
  | { readonly kind: 'claims'; readonly claims: Claims }
  /** How gossip stands to it. */
  | { readonly kind: 'gossip'; /** −1…1, 0 for neither good nor bad */ readonly standing: number }
  | OutcomeObservation

/** No measurement is larger, in any of our units; a larger one would overflow the table's single-precision means for good. */
export const MAX_FIGURE = 1e12

function checkFigure(name: string, value: number): void {
  if (!(checkNonNegative(name, value) <= MAX_FIGURE)) {
    throw new PeerbanditError('ERR_INVALID_OPTION', `${name} must be at most ${MAX_FIGURE}, got ${value}`)
  }
}

function checkLoad(load: LoadReport): void {
  checkFigure('load.slots', load.slots)
  checkFigure('load.running', load.running)
  checkFigure('load.queued', load.queued)
  checkFigure('load.tokensPerSecond', load.tokensPerSecond)
  if (load.cpuRatio !== undefined) checkFigure('load.cpuRatio', load.cpuRatio)
}

function checkOutcome(seen: OutcomeObservation): void {
  const { outcome } = seen
  checkFigure('promptTokens', seen.promptTokens)
  checkFigure('inFlightAtDispatch', seen.inFlightAtDispatch)
  checkFigure('outcome.durationMs', outcome.durationMs)
  if (outcome.load !== undefined) checkLoad(outcome.load)
  if (!outcome.ok) return
  checkFigure('outcome.firstTokenMs', outcome.firstTokenMs)
  checkFigure('outcome.outputTokens', outcome.outputTokens)
}

/** Refuses figures that would poison a mean for good. @throws ERR_INVALID_OPTION naming the figure */
export function checkObservation(observation: Observation): void {
  switch (observation.kind) {
    case 'ping':
      checkFigure('rttMs', observation.rttMs)
      break
    case 'load':
      checkLoad(observation.load)
      break
    case 'claims':
      checkFigure('claims.tokensPerSecond', observation.claims.tokensPerSecond)
      checkFigure('claims.vramGb', observation.claims.vramGb)
      checkFigure('claims.loadRatio', observation.claims.loadRatio)
      break
    case 'outcome':
      checkOutcome(observation)
      break
    case 'gossip':
      checkRatio('|standing|', Math.abs(observation.standing))
      break
    case 'ping-failed':
    case 'connected':
    case 'disconnected':
      break
  }
}
