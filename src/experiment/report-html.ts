import type { ComparisonReport } from './comparison-types.ts'
import { loadDrawing } from './drawing.ts'
import type { Drawing } from './drawing.ts'
import { latencyFigure, timelineFigure } from './figures-latency.ts'
import { armsFigure, beliefFigure, groupArms, peerShareFigure, peerSpeedFigure } from './figures-use.ts'
import { formatClock, formatCount, formatMs, formatNumber, formatPercent, formatSignedMs } from './format.ts'
import { markup } from './markup.ts'
import type { Markup } from './markup.ts'
import { figure, key, page, tile, unbroken } from './page-parts.ts'
import { armsTable, figuresTable, peersTable, slowestTable } from './page-tables.ts'

const NOTHING = markup``

const LINE_KEYS = [key('adaptive', 'var(--adaptive)', 'line'), key('static', 'var(--static)', 'line dashed')]
const BAR_KEYS = [key('adaptive', 'var(--adaptive)'), key('static', 'var(--static)')]
const SPEED_KEYS = [key('observed', 'var(--adaptive)', 'dot'), key('claimed', 'var(--muted)', 'ring')]

function against(name: string, value: string, other: string): Markup {
  return tile({ name, value, other, of: 'static' })
}

function head(report: ComparisonReport): Markup {
  const { adaptive, static: fixed, comparison } = report
  const { estimate, low, high } = comparison.meanDifferenceMs
  return markup`<header>
<p class="eyebrow"><b>peerbandit</b> · adaptive routing against static weights · ${report.startedAt.slice(0, 16).replace('T', ' ')} UTC</p>
<h1>${unbroken(comparison.verdict)}</h1>
<p class="lead">${formatCount(report.jobs)} jobs ran at the same time through two identical swarms of ${report.peers.length} peers. Job by job, the adaptive
side differed from the static one by ${unbroken(formatSignedMs(estimate))} on average (95&nbsp;% interval ${unbroken(formatSignedMs(low))} to ${unbroken(formatSignedMs(high))}).</p>
<ul class="tiles">
${against('Mean time per job', formatMs(adaptive.meanMs), formatMs(fixed.meanMs))}
${against('99th percentile', formatMs(adaptive.p99Ms), formatMs(fixed.p99Ms))}
${against('Jobs that succeeded', formatPercent(adaptive.successRatio), formatPercent(fixed.successRatio))}
${against('Output tokens per second', formatNumber(adaptive.tokensPerSecond), formatNumber(fixed.tokensPerSecond))}
</ul></header>`
}

function latencySection(drawing: Drawing, report: ComparisonReport): Markup {
  const title = { title: 'Time per job, by percentile', keys: LINE_KEYS, wide: true }
  return markup`<section id="latency"><h2>How long jobs took</h2>
<p>Read upwards from a percentage: that share of the jobs took no longer than the line. To the right are the slowest jobs.</p>
${figure(title, latencyFigure(drawing, report))}</section>`
}

function incidentList({ incidents }: ComparisonReport): Markup {
  if (incidents.length === 0) return NOTHING
  const items = incidents.map(
    ({ atMs, text }, index) => markup`<li><b>${index + 1}</b><time>${formatClock(atMs)}</time>${text}</li>`
  )
  return markup`<ol class="incidents">${items}</ol>`
}

function timelineSection(drawing: Drawing, report: ComparisonReport): Markup {
  const [first, second] = report.timeline
  const slice = first === undefined || second === undefined ? '' : ` of ${formatMs(second.atMs - first.atMs)}`
  const title = { title: 'Mean time per job, by arrival', keys: LINE_KEYS, wide: true }
  return markup`<section id="timeline"><h2>Over the run</h2>
<p>Each point is the mean over the jobs that arrived in one slice${slice}. Numbers mark what happened to the swarms.</p>
${figure(title, timelineFigure(drawing, report))}${incidentList(report)}</section>`
}

function armsSection(drawing: Drawing, report: ComparisonReport): Markup {
  const keys = groupArms(report.arms).map(({ name, color }) => key(name, color))
  const believed = report.arms.some(({ belief }) => belief !== null)
  const belief = believed
    ? figure({ title: 'What each arm is believed to be worth' }, beliefFigure(drawing, report))
    : markup`<p class="note">No arm has any evidence yet.</p>`
  return markup`<section id="arms"><h2>Which arm was followed</h2>
<p>An arm is one way of ranking the peers. The bandit follows those that it believes to earn the most reward, and tries the others now and then.</p>
${figure({ title: 'Share of jobs by arm', keys, wide: true, crowded: true }, armsFigure(drawing, report))}
<div class="pair" style="margin-top:32px">${belief}${armsTable(report)}</div></section>`
}

function peersSection(drawing: Drawing, report: ComparisonReport): Markup {
  return markup`<section id="peers"><h2>Where the jobs went</h2>
<p>What a peer claims of its speed is never believed: the adaptive side goes by what it saw.</p>
<div class="pair">${figure({ title: 'Share of jobs', keys: BAR_KEYS }, peerShareFigure(drawing, report))}
${figure({ title: 'Speed', keys: SPEED_KEYS }, peerSpeedFigure(drawing, report))}</div>
<div style="margin-top:28px">${peersTable(report)}</div></section>`
}

function agreementSection({ agreement }: ComparisonReport): Markup {
  const { algorithms, decisions, topShare, meanDistinct, meanTau } = agreement
  if (topShare === null || meanDistinct === null) {
    return markup`<section id="agreement"><h2>Do the algorithms agree?</h2><p>No decision of this run was compared.</p></section>`
  }
  const share = formatPercent(topShare)
  const rankings = meanTau === null ? '' : `; the rank correlation of their whole lists (Kendall’s τ) is ${meanTau.toFixed(2)}`
  return markup`<section id="agreement"><h2>Do the algorithms agree?</h2>
<p>Where all weighted algorithms mean the same peer, choosing among them changes nothing.</p>
<div class="meter" role="img" aria-label="${share} of the decisions were unanimous"><span style="width:${(topShare * 100).toFixed(1)}%"></span></div>
<p class="finding">In <b>${share}</b> of ${formatCount(decisions)} decisions all ${algorithms} of them recommended the same peer. On average they named
<b>${formatNumber(meanDistinct)}</b> different peers${rankings}.</p></section>`
}

function slowestSection(report: ComparisonReport): Markup {
  return markup`<section id="slowest"><h2>The ten slowest jobs</h2>${slowestTable(report)}</section>`
}

function methodSection(report: ComparisonReport): Markup {
  const unpaired =
    report.unpairedJobs === 0
      ? NOTHING
      : markup`<dt>Left out</dt><dd>${formatCount(report.unpairedJobs)} jobs that only one side had finished when the run ended</dd>`
  return markup`<section id="method"><h2>How it was measured</h2>
<dl>
<dt>Workload</dt><dd>${report.workload}</dd>
<dt>Utilisation</dt><dd>${formatPercent(report.utilisation)} of what one swarm can carry</dd>
<dt>Length</dt><dd>${formatClock(report.minutes * 60_000)} min, ${formatCount(report.jobs)} jobs on each side</dd>
${unpaired}
<dt>Seed</dt><dd>${report.seed}</dd>
<dt>Choosing a peer</dt><dd>${formatNumber(report.decisionMicros)} µs in the median, ${formatNumber(report.decisionMicrosP99)} µs at the 99th percentile</dd>
<dt>Learned from</dt><dd>${formatCount(report.learnedFrom.outcomes)} outcomes, kept in <code>${report.learnedFrom.journal}</code></dd>
</dl>
<p>To run it again:</p>
<pre tabindex="0"><code>${report.command}</code></pre>
<p class="note">Times run from the arrival of a job to its last token, retries included. A failed job counts with its deadline, and its tokens do not
count, so that a side cannot look fast by failing. Quantiles are exact, by the linear rule. Tokens per second are the output tokens of
successful jobs over the time from the first arrival to the last completion.</p>
<p class="note">The interval is of the paired differences, job by job, by a circular block bootstrap: jobs that follow each other wait in the same
queues, so they are drawn in blocks. It covers the chance within this run, not other workloads or other swarms.</p></section>`
}

/**
 * The comparison as one HTML page that stands alone: no scripts, no requests, figures as inline SVG. The same report gives the
 * same page.
 * @throws ERR_INVALID_OPTION when the packages that draw the figures are missing
 */
export async function renderReportHtml(report: ComparisonReport): Promise<string> {
  const drawing = await loadDrawing()
  return page(
    `peerbandit: adaptive against static, seed ${report.seed}`,
    markup`${head(report)}
<section id="figures"><h2>The figures</h2>${figuresTable(report)}</section>
${latencySection(drawing, report)}
${timelineSection(drawing, report)}
${armsSection(drawing, report)}
${peersSection(drawing, report)}
${agreementSection(report)}
${slowestSection(report)}
${methodSection(report)}`
  )
}
