import type { PeerId } from '../job/decision.ts'
import type { Claims } from '../peer/observation.ts'
import type { Evidence } from '../peer/evidence.ts'
import type { Selection } from '../selector/selection.ts'
import type { SelectionTotals, Tally } from '../selector/statistics.ts'
import type { PeerCondition, PeerState } from './dashboard-state.ts'
import { orNull, ratioOf } from './or-null.ts'

/** More than anybody reads; of more, those with the most attempts are listed. */
const MOST_PEERS = 200
/** What a peer says of itself is only shown so far. */
const MOST_MODELS = 20
const MOST_CHARACTERS = 120

export interface PeerSources {
  readonly selection: Pick<Selection, 'table' | 'health'>
  readonly members: () => readonly PeerId[]
  readonly nameOf: (peer: PeerId) => string
}

export interface ListedPeers {
  readonly peers: readonly PeerState[]
  readonly peersLeftOut: number
}

export function failuresOf({ failures }: Pick<Tally, 'failures'>): number {
  return Object.values(failures).reduce((sum, count) => sum + count, 0)
}

function attemptsOf(tally: Tally | undefined): number {
  return tally === undefined ? 0 : tally.successes + failuresOf(tally)
}

/** Members, and those who had jobs and left. */
export function readPeers(sources: PeerSources, { byPeer }: SelectionTotals, atMs: number): ListedPeers {
  const members = new Set(sources.members())
  const all = [...new Set([...members, ...byPeer.keys()])]
  if (all.length > MOST_PEERS) all.sort((a, b) => attemptsOf(byPeer.get(b)) - attemptsOf(byPeer.get(a)))
  let ended = 0
  for (const tally of byPeer.values()) ended += attemptsOf(tally)
  const peers = all.slice(0, MOST_PEERS).map((peer): PeerState => {
    const tally = byPeer.get(peer)
    const failures = tally === undefined ? 0 : failuresOf(tally)
    const successes = tally?.successes ?? 0
    return {
      peer,
      name: sources.nameOf(peer),
      ...known(sources, peer, { atMs, isMember: members.has(peer) }),
      successes,
      failures,
      share: ratioOf(successes + failures, ended) ?? 0,
      successRatio: ratioOf(successes, successes + failures),
      outputTokens: tally?.outputTokens ?? 0
    }
  })
  return { peers, peersLeftOut: all.length - peers.length }
}

type Known = Pick<
  PeerState,
  'condition' | 'models' | 'gpu' | 'load' | 'inFlight' | 'claimedTokensPerSecond' | 'observedTokensPerSecond' | 'rttMs'
>

const UNKNOWN: Known = {
  condition: 'away',
  models: [],
  gpu: null,
  load: null,
  inFlight: 0,
  claimedTokensPerSecond: null,
  observedTokensPerSecond: null,
  rttMs: null
}

function known(
  { selection: { table, health } }: PeerSources,
  peer: PeerId,
  { atMs, isMember }: { readonly atMs: number; readonly isMember: boolean }
): Known {
  const row = table.rowOf(peer)
  if (row < 0) return isMember ? { ...UNKNOWN, condition: 'connected' } : UNKNOWN
  const evidence = table.evidence(row, atMs)
  return {
    condition: isMember && isThere(evidence) ? conditionOf(health.exclusion(row, atMs)) : 'away',
    ...claimed(evidence.claims),
    load: loadOf(evidence),
    inFlight: evidence.inFlight,
    observedTokensPerSecond: orNull(evidence.outcomes.tokensPerSecond),
    rttMs: orNull(evidence.roundTrip.meanMs)
  }
}

/** Where nobody watches connections, membership says it. */
function isThere({ sessions }: Evidence): boolean {
  return sessions.connected || sessions.observedMs === 0
}

function conditionOf(exclusion: ReturnType<Selection['health']['exclusion']>): PeerCondition {
  if (exclusion === 'at-limit') return 'full'
  return exclusion === 'cooling' || exclusion === 'probing' ? exclusion : 'connected'
}

/** Claims are 0 and empty where a peer does not say. */
function claimed(claims: Claims | undefined): Pick<Known, 'models' | 'gpu' | 'claimedTokensPerSecond'> {
  if (claims === undefined) return { models: [], gpu: null, claimedTokensPerSecond: null }
  const { models, gpuModel, tokensPerSecond } = claims
  return {
    models: models.slice(0, MOST_MODELS).map((model) => model.slice(0, MOST_CHARACTERS)),
    gpu: gpuModel === '' ? null : gpuModel.slice(0, MOST_CHARACTERS),
    claimedTokensPerSecond: tokensPerSecond > 0 ? tokensPerSecond : null
  }
}

function loadOf({ load }: Evidence): Known['load'] {
  if (load === undefined) return null
  const { running, queued, slots, ageMs } = load
  return { running, queued, slots, ageMs }
}
