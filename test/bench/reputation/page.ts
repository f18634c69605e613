import type { CaseResult, SwarmResult } from './measure.ts'

interface Measured {
  readonly seeds: number
  readonly ranking: readonly CaseResult[]
  readonly jobs: readonly CaseResult[]
  readonly coldStart: readonly CaseResult[]
  readonly oneGroup: SwarmResult
  readonly everywhere: SwarmResult
}

const BEGIN = '<!-- figures: npm run bench:reputation -->'
const END = '<!-- end of figures -->'

function tableOf(results: readonly CaseResult[], write: (value: number) => string): string {
  const rows = results.map(({ relation, liars, lie, shared, alone, ratio }) => {
    const interval = `${(ratio.low ?? NaN).toFixed(2)}–${(ratio.high ?? NaN).toFixed(2)}`
    const who = liars === 0 ? 'none' : `3 of 10, \`${lie}\``
    return `| ${relation} | ${who} | ${write(shared)} | ${write(alone)} | ${ratio.ratio.toFixed(2)} (${interval}) |`
  })
  return ['| others are | liars | sharing | alone | ratio |', '| --- | --- | ---: | ---: | ---: |', ...rows].join('\n')
}

function swarmRow(name: string, { moved, bound }: SwarmResult): string {
  const factor = (log: number) => `× ${Math.exp(log).toFixed(3)}`
  const points = (share: number) => `${(100 * share).toFixed(2)} points`
  return `| ${name} | ${factor(moved.pace)} | ${factor(bound.pace)} | ${points(moved.failures)} | ${points(bound.failures)} |`
}

/** The figures as Markdown. */
export function figuresOf({ seeds, ranking, jobs, coldStart, oneGroup, everywhere }: Measured): string {
  const ms = (value: number) => `${value.toFixed(0)} ms`
  return `${BEGIN}

${seeds} seeds. Ratios are geometric means over the seeds of sharing over alone, with 95 % intervals (Student's, of the logarithm).

### Pairs of peers in the wrong order, where routers see the same with sharing and without

${tableOf(ranking, (value) => `${(100 * value).toFixed(1)} %`)}

### Mean time of a job, where ten routers begin together

${tableOf(jobs, ms)}

### Mean time of the first 100 jobs of a router that joins

${tableOf(coldStart, ms)}

### A thousand identities

| where | pace moved by | at most | failures moved by | at most |
| --- | ---: | ---: | ---: | ---: |
${swarmRow('all in one group of addresses', oneGroup)}
${swarmRow('each in a group of its own', everywhere)}

${END}`
}

/** A page with new figures in place of the ones before. */
export function replaceFigures(page: string, figures: string): string {
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)]
  if (begin < 0 || end < begin) throw new Error(`the page must have the lines ${BEGIN} and ${END}`)
  return page.slice(0, begin) + figures + page.slice(end + END.length)
}
