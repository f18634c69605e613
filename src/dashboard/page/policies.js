import { byId, keyedList, setText, tableRow } from './dom.js'
import { formatCount, formatMs, formatNumber, formatPercent, formatTick, formatTickMs } from './format.js'
import { linePlot } from './line-plot.js'

/** @import { BucketState, DashboardState, PolicyState } from '../dashboard-state.ts' */
/** @import { Series } from './line-plot.js' */

const SHOWN_MS = 300_000
const TONES = 6

/** @param {PolicyState} policy */
function policyRow(policy) {
  const { row, cells } = tableRow(8, ['text'])
  /** @param {PolicyState} now */
  const update = (now) => {
    const texts = [
      now.policy,
      formatCount(now.successes),
      formatCount(now.failures),
      formatPercent(now.successRatio),
      formatMs(now.meanFirstTokenMs),
      formatMs(now.meanMs),
      formatMs(now.p50Ms),
      formatMs(now.p95Ms)
    ]
    texts.forEach((text, i) => {
      setText(cells[i], text)
    })
  }
  row.dataset.policy = policy.policy
  return { element: row, update }
}

/** @param {DashboardState} state */
function timeOf({ atMs, bucketMs }) {
  return { from: atMs - SHOWN_MS, to: atMs, gapMs: 2.5 * bucketMs }
}

/**
 * @param {DashboardState} state
 * @param {{ name: string, stroke: string, value: (bucket: BucketState) => number | null }[]} lines
 * @returns {Series[]}
 */
function seriesOf({ policies, atMs, bucketMs }, lines) {
  return policies.flatMap(({ policy, buckets }, i) =>
    lines.map(({ name, stroke, value }) => ({
      name: [policies.length > 1 ? policy : '', name].filter((part) => part !== '').join(' '),
      tone: `tone-${(i % TONES) + 1}`,
      stroke,
      points: buckets.map((bucket) => /** @type {const} */ ([Math.min(atMs, bucket.atMs + bucketMs / 2), value(bucket)]))
    }))
  )
}

/** @param {BucketState} bucket */
const ended = ({ successes, failures }) => successes + failures

/** Nothing is a rate too; what has only begun is none yet. @param {DashboardState} state @returns {DashboardState} */
function withPauses(state) {
  const { atMs, bucketMs } = state
  const nowMs = Math.floor(atMs / bucketMs) * bucketMs
  const policies = state.policies.map((policy) => {
    const known = new Map(policy.buckets.map((bucket) => [bucket.atMs, bucket]))
    const firstMs = Math.max(nowMs - SHOWN_MS + bucketMs, policy.buckets[0]?.atMs ?? nowMs)
    const buckets = Array.from({ length: Math.max(0, (nowMs - firstMs) / bucketMs) }, (_, i) => {
      const beginMs = firstMs + i * bucketMs
      return known.get(beginMs) ?? { atMs: beginMs, successes: 0, failures: 0, medianMs: null, p95Ms: null, firstTokenMs: null }
    })
    return { ...policy, buckets }
  })
  return { ...state, policies }
}

/** @param {DashboardState} state */
function sumOf({ policies, atMs }) {
  let [successes, all] = [0, 0]
  for (const bucket of policies.flatMap(({ buckets }) => buckets)) {
    if (bucket.atMs <= atMs - SHOWN_MS) continue
    successes += bucket.successes
    all += ended(bucket)
  }
  return { successes, all }
}

/** @param {DashboardState} state */
function wordsOf({ policies }) {
  if (policies.length === 0) return 'Nothing ended yet.'
  return policies
    .map(
      ({ policy, p50Ms, p95Ms }) => `${policy}: half of the latest took up to ${formatMs(p50Ms)}, 95 % up to ${formatMs(p95Ms)}.`
    )
    .join(' ')
}

export function policiesView() {
  const body = /** @type {HTMLElement} */ (byId('policies').querySelector('tbody'))
  const updateRows = keyedList(body, ({ policy }) => policy, policyRow)
  const latency = linePlot('Duration', { tick: formatTickMs, value: formatMs })
  const success = linePlot('Success', { tick: (value) => `${Math.round(value * 100)} %`, value: formatPercent })
  const rate = linePlot('Attempts a second', { tick: formatTick, value: formatNumber })
  byId('plots').append(latency.figure, success.figure, rate.figure)

  /** @param {DashboardState} state */
  return (state) => {
    const time = timeOf(state)
    const { successes, all } = sumOf(state)
    latency.update({
      ...time,
      usual: 1000,
      summary: wordsOf(state),
      series: seriesOf(state, [
        { name: 'p50', stroke: 'solid', value: ({ medianMs }) => medianMs },
        { name: 'p95', stroke: 'faint', value: ({ p95Ms }) => p95Ms },
        { name: 'first token', stroke: 'dashed', value: ({ firstTokenMs }) => firstTokenMs }
      ])
    })
    success.update({
      ...time,
      most: 1,
      usual: 1,
      summary:
        all === 0
          ? 'Nothing ended in this time.'
          : `${formatPercent(successes / all)} of ${formatCount(all)} attempts succeeded.`,
      series: seriesOf(state, [{ name: '', stroke: 'solid', value: (bucket) => bucket.successes / ended(bucket) }])
    })
    rate.update({
      ...time,
      usual: 1,
      summary: `${formatCount(all)} attempts ended in this time.`,
      series: seriesOf(withPauses(state), [
        { name: '', stroke: 'solid', value: (bucket) => (ended(bucket) * 1000) / state.bucketMs }
      ])
    })
    updateRows(state.policies)
  }
}
