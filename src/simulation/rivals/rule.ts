import type { Rng } from '../../core/rng.ts'
import type { Job } from '../../job/job.ts'
import type { CandidateView, Ranker } from '../../peer/ranker.ts'
import type { Rival, RivalComponents } from './rival.ts'

type Rule = Ranker['rank']

/** A rival from what is said of it and its rule, made anew for each router. */
export function rival(about: Omit<Rival, 'create'>, rule: (components: RivalComponents) => Rule): Rival {
  return { ...about, create: (components) => ({ arms: [about.id], rank: rule(components) }) }
}

/** The same for a rule that follows its jobs. */
export function followingRival(
  about: Omit<Rival, 'create'>,
  rule: (components: RivalComponents) => Required<Pick<Ranker, 'rank' | 'jobs'>>
): Rival {
  return { ...about, create: (components) => ({ arms: [about.id], ...rule(components) }) }
}

/** Something of every candidate, in their order. */
export function eachCandidate<T>({ rows, count }: CandidateView, of: (row: number) => T): T[] {
  const found: T[] = []
  for (let i = 0; i < count; i += 1) found.push(of(rows[i]))
  return found
}

/** A rule that gives every candidate a score, by its row. */
export function scoreEach(score: (row: number, view: CandidateView, job: Job) => number): Rule {
  return (view, job, into) => {
    for (let i = 0; i < view.count; i += 1) into[i] = score(view.rows[i], view, job)
  }
}

/** A rule that picks one candidate, by its index in the view, and has no opinion of the others. */
export function pickOne(pick: (view: CandidateView, job: Job) => number): Rule {
  return (view, job, into) => {
    into.fill(-Infinity, 0, view.count)
    into[pick(view, job)] = 0
  }
}

/** A whole number from 0 to `count` − 1, all equally likely. */
export function randomIndex(rng: Rng, count: number): number {
  return Math.floor(rng.next() * count)
}

/** The cheaper of two different candidates drawn at random, the first drawn where they cost the same. */
export function betterOfTwo(rng: Rng, count: number, cost: (index: number) => number): number {
  const first = randomIndex(rng, count)
  if (count === 1) return first
  const second = (first + 1 + randomIndex(rng, count - 1)) % count
  return cost(second) < cost(first) ? second : first
}

/** The cheapest of all, drawn at random where several cost the same. */
export function cheapest(rng: Rng, count: number, cost: (index: number) => number): number {
  let best = 0
  let bestCost = Infinity
  let ties = 0
  for (let i = 0; i < count; i += 1) {
    const each = cost(i)
    if (each > bestCost) continue
    ties = each < bestCost ? 1 : ties + 1
    bestCost = each
    if (ties === 1 || rng.next() * ties < 1) best = i
  }
  return best
}

/**
 * A score of which the highest is a roulette's choice: each candidate is first with a probability in proportion to its weight.
 * @param weight ≥ 0
 * @see Efraimidis and Spirakis 2006, "Weighted random sampling with a reservoir", algorithm A-Res, as a logarithm
 */
export function rouletteScore(rng: Rng, weight: number): number {
  const log = Math.log(1 - rng.next())
  return weight > 0 ? Math.max(-Number.MAX_VALUE, log / weight) : -Number.MAX_VALUE
}
