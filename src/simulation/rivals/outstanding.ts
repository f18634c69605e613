import { betterOfTwo, pickOne, rival, scoreEach } from './rule.ts'

/** Fewest own jobs in flight, of all candidates. */
export const leastOutstanding = rival(
  {
    id: 'least-outstanding',
    title: 'Least outstanding requests',
    source: 'Envoy, docs/root/intro/arch_overview/upstream/load_balancing/load_balancers.rst (least request, full scan)'
  },
  ({ table }) => scoreEach((row) => -table.inFlight(row))
)

/** Fewer own jobs in flight, of two candidates drawn at random. */
export const p2c = rival(
  {
    id: 'p2c',
    title: 'Power of two choices, least outstanding',
    source: 'Envoy, load_balancers.rst (least request, choice_count 2); Mitzenmacher 2001'
  },
  ({ table, rng }) => pickOne(({ rows, count }) => betterOfTwo(rng, count, (i) => table.inFlight(rows[i])))
)
