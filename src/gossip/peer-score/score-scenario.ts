/** A stretch of time in which a peer behaves in one way. */
export interface ScenarioPhase {
  /** > 0 */
  readonly seconds: number
  /** Share of the expected messages that it delivers. ≥ 0 */
  readonly delivered: number
  /** Of those that it delivers, the share that are first; the rest are duplicates in time. 0–1, @default 1 */
  readonly first?: number
  /** Share of what it sends beside them that is invalid: 0.1 is one invalid message to nine others. 0–1, @default 0 */
  readonly invalid?: number
  /** @default true */
  readonly connected?: boolean
}

export interface ScoreScenario {
  readonly name: string
  /** What happens, for people. */
  readonly text: string
  readonly phases: readonly ScenarioPhase[]
}

const MINUTE = 60

/** What peers do, in the order in which they are shown. */
export const SCORE_SCENARIOS: readonly ScoreScenario[] = [
  {
    name: 'full',
    text: 'delivers all that is expected of it',
    phases: [{ seconds: 20 * MINUTE, delivered: 1 }]
  },
  {
    name: 'half',
    text: 'delivers half of it from the start',
    phases: [{ seconds: 20 * MINUTE, delivered: 0.5 }]
  },
  {
    name: 'slackens',
    text: 'delivers all of it for ten minutes, and half of it from then on',
    phases: [
      { seconds: 10 * MINUTE, delivered: 1 },
      { seconds: 20 * MINUTE, delivered: 0.5 }
    ]
  },
  { name: 'silent', text: 'delivers nothing', phases: [{ seconds: 20 * MINUTE, delivered: 0 }] },
  {
    name: 'invalid',
    text: 'delivers all of it, and in the eleventh minute one message in twenty is invalid',
    phases: [
      { seconds: 10 * MINUTE, delivered: 1 },
      { seconds: MINUTE, delivered: 1, invalid: 0.05 },
      { seconds: 19 * MINUTE, delivered: 1 }
    ]
  },
  {
    name: 'returns',
    text: 'delivers all of it for five minutes and nothing for five, is away for five, and is good again',
    phases: [
      { seconds: 5 * MINUTE, delivered: 1 },
      { seconds: 5 * MINUTE, delivered: 0 },
      { seconds: 5 * MINUTE, delivered: 0, connected: false },
      { seconds: 15 * MINUTE, delivered: 1 }
    ]
  }
]
