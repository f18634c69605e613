/** What most readers will look for, and what figures and a quick run show. */
export const MAIN_POLICIES: readonly string[] = [
  'b8',
  'prequal-idle',
  'prequal',
  'c3',
  'peak-ewma',
  'crowdllama-main',
  'fixed:standard'
]

/** What a quick run tries: a regime of each kind. */
export const MAIN_SCENARIOS: readonly string[] = [
  'steady-60',
  'hidden-8',
  'drift',
  'cold-start',
  'liars',
  'sinkhole',
  'black-hole',
  'churn'
]
