/** Everything that the figures depend on, printed before them. */
export const FORWARD_CONSTANTS = {
  seed: 20260101,
  candidateCounts: [1, 10, 100, 1_000, 10_000],
  /** Machines among the candidates: GPUs of the catalogue, with one or two of them. */
  kinds: 200,
  budgetMsPerCase: 250,
  /** What outputs may differ by: as a share of those above 1, and as they are below. */
  tolerance: 1e-5
} as const

export const HEAD_CONSTANTS = { seed: 20260101, peers: 500, budgetMsPerCase: 250 } as const

export const TRAINING_CONSTANTS = {
  seed: 20260101,
  /** As many as the model that ships was trained from. */
  rows: 1_526,
  epochs: 25,
  /** Not counted: code is compiled in them. */
  warmUpEpochs: 5,
  hidden: 32,
  /** Everybody sees the same rows in every epoch. */
  noise: 0,
  hiding: false
} as const
