import type { ArmReport, ComparisonReport, JobRow, PeerReport } from './comparison-types.ts'
import { byShare, byUse } from './figures-use.ts'
import { formatClock, formatCount, formatMs, formatNumber, formatPercent, MISSING, orMissing } from './format.ts'
import { markup } from './markup.ts'
import type { Markup } from './markup.ts'
import { FIGURES, ratioText } from './report-text.ts'

/** The figures of both sides; the better of two is set in bold. */
export function figuresTable({ adaptive, static: fixed }: ComparisonReport): Markup {
  const rows = FIGURES.map(({ name, of, format, better }) => {
    const [ours, theirs] = [of(adaptive), of(fixed)]
    const difference = ours === null || theirs === null ? 0 : (ours - theirs) * (better === 'high' ? 1 : -1)
    return markup`<tr><th scope="row" class="text">${name}</th>
<td class="${difference > 0 ? 'better' : ''}">${orMissing(ours, format)}</td>
<td class="${difference < 0 ? 'better' : ''}">${orMissing(theirs, format)}</td>
<td>${ratioText(ours, theirs)}</td></tr>`
  })
  return markup`<div class="scroll"><table>
<caption>The better of the two is in bold. Failed jobs count in every time with their deadline.</caption>
<thead><tr><th scope="col" class="text">Figure</th><th scope="col" class="adaptive">Adaptive</th><th scope="col" class="static">Static</th>
<th scope="col">Ratio</th></tr></thead>
<tbody>${rows}</tbody></table></div>`
}

function armRow({ arm, jobs, share, meanReward }: ArmReport): Markup {
  return markup`<tr><th scope="row" class="text">${arm}</th><td>${formatCount(jobs)}</td><td>${formatPercent(share)}</td>
<td>${orMissing(meanReward, formatNumber)}</td></tr>`
}

export function armsTable({ arms }: ComparisonReport): Markup {
  return markup`<div class="scroll"><table>
<caption>Jobs of the adaptive side that followed it, and their mean reward</caption>
<thead><tr><th scope="col" class="text">Arm</th><th scope="col">Jobs</th><th scope="col">Share</th><th scope="col">Reward</th></tr></thead>
<tbody>${byShare(arms).map(armRow)}</tbody></table></div>`
}

function peerRow(peer: PeerReport): Markup {
  return markup`<tr><th scope="row" class="text">${peer.name}</th><td class="text wrap">${peer.profile}</td>
<td class="text wrap">${peer.incident ?? MISSING}</td><td>${orMissing(peer.rttMs, formatMs)}</td>
<td>${formatNumber(peer.claimedTokensPerSecond)}</td><td>${orMissing(peer.observedTokensPerSecond, formatNumber)}</td>
<td>${orMissing(peer.adaptiveSuccess, formatPercent)}</td><td>${orMissing(peer.staticSuccess, formatPercent)}</td></tr>`
}

export function peersTable({ peers }: ComparisonReport): Markup {
  return markup`<div class="scroll"><table>
<caption>The peers in the order of the figures above; tokens/s is decode speed, and success is the share of the jobs that ended there</caption>
<thead><tr><th scope="col" class="text">Peer</th><th scope="col" class="text">Profile</th><th scope="col" class="text">Incident</th>
<th scope="col">Round trip</th><th scope="col">Claimed<br>tokens/s</th><th scope="col">Observed<br>tokens/s</th>
<th scope="col" class="adaptive">Success,<br>adaptive</th><th scope="col" class="static">Success,<br>static</th></tr></thead>
<tbody>${byUse(peers).map(peerRow)}</tbody></table></div>`
}

interface JobPair {
  readonly adaptive: JobRow
  readonly static: JobRow
}

function slowestPairs(rows: readonly JobRow[], count: number): readonly JobPair[] {
  const fixed = new Map(rows.filter(({ side }) => side === 'static').map((row) => [row.index, row]))
  const worstMs = (pair: JobPair) => Math.max(pair.adaptive.durationMs, pair.static.durationMs)
  return rows
    .filter(({ side }) => side === 'adaptive')
    .flatMap((adaptive) => {
      const other = fixed.get(adaptive.index)
      return other === undefined ? [] : [{ adaptive, static: other }]
    })
    .sort((a, b) => worstMs(b) - worstMs(a))
    .slice(0, count)
}

function resultCell(row: JobRow): Markup {
  const attempts = row.attempts > 1 ? `, ${row.attempts} attempts` : ''
  const failure = row.ok ? '' : `, failed: ${row.failure ?? 'no reason'}`
  return markup`<td>${formatMs(row.durationMs)}<small>${row.peer}${attempts}${failure}</small></td>`
}

function jobRow({ adaptive, static: fixed }: JobPair): Markup {
  const outputTokens = Math.max(adaptive.outputTokens, fixed.outputTokens)
  return markup`<tr><th scope="row" class="text">${adaptive.index}</th><td>${formatClock(adaptive.arrivalMs)}</td>
<td class="text">${adaptive.workloadClass}</td><td>${formatCount(adaptive.promptTokens)}</td><td>${formatCount(outputTokens)}</td>
${resultCell(adaptive)}${resultCell(fixed)}</tr>`
}

/** The ten jobs that took longest on either side, each with what became of it on the other. */
export function slowestTable({ rows }: ComparisonReport): Markup {
  return markup`<div class="scroll"><table>
<caption>By the longer of its two times; below the time is the peer of the last attempt</caption>
<thead><tr><th scope="col" class="text">Job</th><th scope="col">Arrived</th><th scope="col" class="text">Class</th>
<th scope="col">Prompt<br>tokens</th><th scope="col">Output<br>tokens</th><th scope="col" class="adaptive">Adaptive</th>
<th scope="col" class="static">Static</th></tr></thead>
<tbody>${slowestPairs(rows, 10).map(jobRow)}</tbody></table></div>`
}
