import { parseHTML } from 'linkedom'
import { describe, expect, it } from 'vitest'
import type { ComparisonInput } from '../../src/experiment/comparison.ts'
import { comparisonReport } from '../../src/experiment/comparison.ts'
import { renderReportHtml } from '../../src/experiment/report-html.ts'
import { sampleInput, sampleRows } from './sample-run.ts'

interface Page {
  readonly textContent: string
  getAttribute(name: string): string | null
  querySelectorAll(selector: string): Iterable<Page>
}

async function render(
  changes: Partial<ComparisonInput> = {}
): Promise<{ html: string; all: (selector: string) => readonly Page[] }> {
  const html = await renderReportHtml(comparisonReport(sampleInput(changes)))
  const { document } = parseHTML(html) as unknown as { readonly document: Page }
  return { html, all: (selector) => [...document.querySelectorAll(selector)] }
}

const { html, all } = await render()

describe('renderReportHtml', () => {
  it('has every section, in order, each with a heading', () => {
    const sections = ['figures', 'latency', 'timeline', 'arms', 'peers', 'agreement', 'slowest', 'method']
    expect(all('section').map((section) => section.getAttribute('id'))).toEqual(sections)
    expect(all('section > h2')).toHaveLength(sections.length)
    expect(all('h1').map(({ textContent }) => textContent.replaceAll('\u00a0', ' '))).toEqual([
      comparisonReport(sampleInput()).comparison.verdict
    ])
  })

  it('stands alone: no scripts, nothing to fetch', () => {
    expect(all('script, link, img, iframe, object')).toHaveLength(0)
    expect(html).not.toMatch(/(?:src|href|url)\s*[=(]\s*["']?(?:https?:)?\/\//i)
    expect(html).not.toMatch(/@import|https?:\/\//)
  })

  it('is smaller than 400 kB for a long run too', async () => {
    const long = await render({ rows: sampleRows(10_000) })
    expect(Buffer.byteLength(long.html)).toBeLessThan(400_000)
  })

  it('shows no value that is not there', async () => {
    const empty = await render({
      rows: sampleRows(2).map((row) => ({ ...row, ok: false, firstTokenMs: null, outputTokens: 0 })),
      beliefs: [],
      incidents: [],
      peers: sampleInput().peers.map((peer) => ({ ...peer, observedTokensPerSecond: null, rttMs: null })),
      agreement: { algorithms: 8, decisions: 0, topShare: null, meanDistinct: null, meanTau: null }
    })
    for (const page of [html, empty.html]) expect(page).not.toMatch(/undefined|NaN|Infinity|\[object|>null</)
  })

  it('tells a reader who cannot see the figures what they are', () => {
    const figures = all('svg')
    expect(figures).toHaveLength(6)
    for (const figure of figures) {
      expect(figure.getAttribute('role'), 'role').toBe('img')
      expect(figure.getAttribute('aria-label'), 'label').toMatch(/^[A-Z].{30,}\.$/)
    }
    expect(all('figure > figcaption')).toHaveLength(figures.length)
  })

  it('gives every table a caption and headers with a scope', () => {
    expect(all('table')).toHaveLength(4)
    expect(all('table > caption')).toHaveLength(4)
    expect(all('th').filter((header) => header.getAttribute('scope') === null)).toHaveLength(0)
    expect(all('#slowest tbody tr')).toHaveLength(10)
    expect(all('#peers tbody tr')).toHaveLength(10)
  })

  it('marks every incident in the figure and names it below', () => {
    expect(all('.incidents li').map(({ textContent }) => textContent)).toEqual([
      '13:20heron throttled to a quarter of its speed',
      '25:30heron back to full speed',
      '36:00osprey left the swarm',
      '46:06tern began to fail one job in five',
      '57:30osprey came back'
    ])
  })

  it('escapes what peers and users write', async () => {
    const attack = '<img src=x onerror=alert(1)>"\'&'
    const input = sampleInput()
    const attacked = await render({
      rows: sampleRows(20).map((row) => ({ ...row, peer: attack, arm: attack, workloadClass: attack })),
      peers: input.peers.map((peer) => ({ ...peer, name: attack, profile: attack, incident: attack, peerId: attack })),
      beliefs: [{ ...input.beliefs[0], arm: attack }],
      incidents: [{ atMs: 1, text: attack }],
      workload: attack,
      command: attack,
      startedAt: attack,
      learnedFrom: { outcomes: 1, journal: attack }
    })
    expect(attacked.all('img')).toHaveLength(0)
    expect(attacked.html).not.toContain('<img')
    expect(attacked.all('#peers tbody th')[0]?.textContent).toBe(attack)
  })

  it('is the same page for the same report', async () => {
    expect((await render()).html).toBe(html)
  })

  it('says so when jobs were left out', async () => {
    const partial = await render({ rows: sampleRows(40).slice(0, 75) })
    expect(partial.html).toContain('jobs that only one side had finished')
    expect(html).not.toContain('jobs that only one side had finished')
  })
})
