import { pickOne, randomIndex, rival } from './rule.ts'

/** Every candidate alike. */
export const random = rival(
  { id: 'random', title: 'Random', source: 'Mitzenmacher 2001, "The Power of Two Choices in Randomized Load Balancing", d = 1' },
  ({ rng }) => pickOne(({ count }) => randomIndex(rng, count))
)

/**
 * One after the other in the order of the table, from a random start. Who is not eligible now, tried for this job already or
 * cooling, is passed over and loses its turn.
 */
export const roundRobin = rival(
  {
    id: 'round-robin',
    title: 'Round robin',
    source: 'Envoy, docs/root/intro/arch_overview/upstream/load_balancing/load_balancers.rst (round robin)'
  },
  ({ table, rng }) => {
    let last: number | undefined
    return pickOne(({ rows, count }) => {
      const { rowCount } = table
      const from = last ?? randomIndex(rng, rowCount)
      const stepsTo = (i: number) => (rows[i] - from - 1 + rowCount) % rowCount
      let next = 0
      for (let i = 1; i < count; i += 1) if (stepsTo(i) < stepsTo(next)) next = i
      last = rows[next]
      return next
    })
  }
)
