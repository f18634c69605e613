import type { Decision } from '../../src/job/decision.ts'
import type { Job } from '../../src/job/job.ts'
import type { Claims } from '../../src/peer/observation.ts'
import type { LoadReport } from '../../src/job/outcome.ts'

export { job } from '../selector/world.ts'

export const START_MS = 1_700_000_000_000

export function load(report: Partial<LoadReport> = {}): LoadReport {
  return { slots: 4, running: 0, queued: 0, tokensPerSecond: 0, ...report }
}

export function claims(tokensPerSecond: number, gpuModel = ''): Claims {
  return { models: ['m'], tokensPerSecond, gpuModel, vramGb: 0, loadRatio: 0 }
}

let decisions = 0

/** The decision of a router with one arm, which chose this peer. */
export function decisionOf(peer: string, job: Job, over: Partial<Decision> = {}): Decision {
  return {
    id: `decision-${decisions++}`,
    jobId: job.id,
    attempt: 1,
    atMs: START_MS,
    routerId: 'router',
    policy: 'fixed:predictive',
    model: job.model,
    workloadClass: job.workloadClass,
    promptTokens: job.promptTokens,
    expectedOutputTokens: job.expectedOutputTokens,
    deadlineMs: job.deadlineMs,
    candidateCount: 1,
    candidates: [peer],
    excluded: {},
    votes: [{ arm: 'predictive', peer, propensity: 1, expectedReward: 0.5 }],
    arm: 'predictive',
    peer,
    armPropensity: 1,
    peerPropensity: 1,
    draw: { u: 0.5, seed: '1', stream: '1' },
    ...over
  }
}
