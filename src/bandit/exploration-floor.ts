import { checkPositive, checkRatio } from '../core/check.ts'

export interface ExplorationFloorOptions {
  /** Least probability of an arm in the long run, 0–1. @default 0.005 */
  readonly minFloor?: number
  /** Least probability of an arm at the start, 0–1. @default 0.02 */
  readonly startFloor?: number
  /** Outcomes of a workload class after which the floor would have fallen to 0, > 0. @default 2000 */
  readonly floorRounds?: number
}

export type ResolvedExplorationFloorOptions = Required<ExplorationFloorOptions>

/**
 * Half a percent an arm keeps 1/q, and with it the variance of every later estimate, below 200. Two percent cost nothing while
 * little is known, but a measurable share of the reward later.
 */
const DEFAULTS: ResolvedExplorationFloorOptions = { minFloor: 0.005, startFloor: 0.02, floorRounds: 2000 }

/** @throws ERR_INVALID_OPTION */
export function resolveExplorationFloor(options: ExplorationFloorOptions): ResolvedExplorationFloorOptions {
  return {
    minFloor: checkRatio('minFloor', options.minFloor ?? DEFAULTS.minFloor),
    startFloor: checkRatio('startFloor', options.startFloor ?? DEFAULTS.startFloor),
    floorRounds: checkPositive('floorRounds', options.floorRounds ?? DEFAULTS.floorRounds)
  }
}

/** The floor after `rounds` outcomes: max(minFloor, startFloor·(1 − rounds/floorRounds)), at most an equal share for each arm. */
export function explorationFloor(
  rounds: number,
  arms: number,
  { minFloor, startFloor, floorRounds }: ResolvedExplorationFloorOptions
): number {
  return Math.min(1 / arms, Math.max(minFloor, startFloor * (1 - rounds / floorRounds)))
}

/**
 * Lifts probabilities to at least `floor`, in place: p = f + (1 − K·f)·w. Unlike clamping and dividing by the sum it keeps
 * their order and really guarantees the floor.
 */
export function addFloor(probabilities: Float64Array, floor: number): void {
  const rest = 1 - probabilities.length * floor
  for (let i = 0; i < probabilities.length; i++) probabilities[i] = floor + rest * probabilities[i]
}
