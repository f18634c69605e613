import type { Scenario } from '../scenario.ts'
import { PLANNING } from './planning.ts'
import { TROUBLES } from './troubles.ts'

/** The scenarios that come with the package. */
export const SCENARIOS: readonly Scenario[] = [...PLANNING, ...TROUBLES]
