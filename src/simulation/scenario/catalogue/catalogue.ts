import type { Scenario } from '../scenario.ts'
import { COMPOSITE } from './composite.ts'
import { DIALOGUE } from './dialogue.ts'
import { HARDWARE } from './hardware.ts'
import { LEARNING } from './learning.ts'
import { PLANNING } from './planning.ts'
import { PUBLISHED } from './published.ts'
import { REGIMES } from './regimes.ts'
import { TROUBLES } from './troubles.ts'

/** The scenarios that come with the package. */
export const SCENARIOS: readonly Scenario[] = [
  ...PLANNING,
  ...TROUBLES,
  ...REGIMES,
  ...LEARNING,
  ...DIALOGUE,
  ...PUBLISHED,
  ...COMPOSITE,
  ...HARDWARE
]
