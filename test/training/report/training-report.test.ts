import { parseHTML } from 'linkedom'
import { afterAll, describe, expect, it } from 'vitest'
import { pcg32 } from '../../../src/core/rng.ts'
import { formatPercent } from '../../../src/experiment/format.ts'
import type { MeasuredRow } from '../../../src/throughput/measured-row.ts'
import { openBackend } from '../../../src/training/backend.ts'
import { renderTrainingReport } from '../../../src/training/report/training-report.ts'
import { fitThroughput } from '../../../src/training/throughput-fit.ts'
import { fleetRows } from '../fleet-rows.ts'

interface Page {
  readonly textContent: string
  getAttribute(name: string): string | null
  querySelectorAll(selector: string): Iterable<Page>
}

const backend = await openBackend({ force: 'wasm' })
afterAll(() => backend.close())

const origin = { created: '2026-01-02T03:04:05Z', data: [{ file: 'fleet.jsonl', sha256: 'abcdef', rows: 132 }], heldBack: 0.2 }

function fitOf(rows: readonly MeasuredRow[], from = origin) {
  return fitThroughput(rows, backend, from, { training: { epochs: 12, hidden: 4 } })
}

async function render(of: Parameters<typeof renderTrainingReport>[0]) {
  const html = await renderTrainingReport(of)
  const { document } = parseHTML(html) as unknown as { readonly document: Page }
  return { html, all: (selector: string) => [...document.querySelectorAll(selector)] }
}

const rows = fleetRows(132, pcg32(1))
const fit = await fitOf(rows)
const { html, all } = await render({ name: 'mine', sha256: 'fedcba', fit })
const texts = (selector: string) => all(selector).map(({ textContent }) => textContent.replaceAll('\u00a0', ' '))

describe('renderTrainingReport', () => {
  it('has every section, in order, each with a heading', () => {
    const ids = all('section').map((section) => section.getAttribute('id'))
    expect(ids).toEqual(['figures', 'predictions', 'calibration', 'families', 'loss', 'card'])
    expect(html).toMatch(/^<!doctype html>[^]*<\/html>\n$/)
  })

  it('stands alone: no scripts, nothing to fetch', () => {
    expect(all('script, link, img, iframe, object')).toHaveLength(0)
    expect(html).not.toMatch(/@import|(?:src|href|url)\s*[=(]\s*["']?(?:https?:)?\/\//i)
  })

  it('shows the figures of the evaluation, of the network and of every baseline', () => {
    for (const [i, target] of (['speed', 'firstToken'] as const).entries()) {
      const shown = all('#figures table')[i].querySelectorAll('tbody tr')
      const wanted = fit.figures.map(({ name, targets }) => {
        const pooled = targets[target][0].pooled
        const cells = pooled === undefined ? ['–', '–'] : [pooled.medianApe, pooled.coverage].map(formatPercent)
        return [name, ...cells]
      })
      const told = [...shown].map((row) => {
        const [name, medianApe, , , , coverage] = [...row.querySelectorAll('th, td')].map(({ textContent }) => textContent)
        return [name, medianApe, coverage]
      })
      expect(told, target).toEqual(wanted)
    }
    const { medianApe, coverage } = fit.figures[0].targets.speed[0].pooled!
    expect(texts('.tiles .value')[0]).toBe(formatPercent(medianApe))
    expect(texts('.tiles .value')[2]).toBe(formatPercent(coverage))
    expect(texts('h1')[0]).toContain(`within ${formatPercent(medianApe)};`)
  })

  it('draws a dot for every out-of-fold prediction, and a line for every fit', () => {
    const scatters = all('#predictions svg').map((svg) => [...svg.querySelectorAll('g[aria-label=dot] circle')].length)
    expect(scatters).toEqual([132, 132])
    expect(all('#loss svg g[aria-label=line] path')).toHaveLength(6)
    expect(fit.foldHistories.map(({ length }) => length)).toEqual([12, 12, 12, 12, 12])
  })

  it('tells families apart, and together they are all rows', () => {
    const families = [...all('#families table')[0].querySelectorAll('tbody tr')].map((row) =>
      [...row.querySelectorAll('th, td')].map(({ textContent }) => textContent)
    )
    expect(families.map(([name]) => name)).toEqual(
      expect.arrayContaining(['NVIDIA Ampere', 'NVIDIA Ada Lovelace', 'AMD RDNA 3', 'Apple M1'])
    )
    const sum = (column: number) => families.reduce((total, cells) => total + Number(cells[column]), 0)
    expect([sum(1), sum(2)]).toEqual([11, 132])
  })

  it('says what repeats the training', () => {
    const card = texts('#card')[0]
    for (const told of [
      'mine',
      'fedcba',
      'seed 1',
      'backend wasm',
      'epochs 12',
      'fleet.jsonl',
      'abcdef',
      'fleet 132',
      '20.0 %'
    ]) {
      expect(card, told).toContain(told)
    }
  })

  it('tells a reader who cannot see the figures what they are', () => {
    expect(all('svg')).toHaveLength(7)
    for (const svg of all('svg')) expect(svg.getAttribute('aria-label')).toMatch(/^[A-Z].{30,}\.$/)
    expect(all('table > caption')).toHaveLength(all('table').length)
  })

  it('shows no value that is not there, with no first tokens too', async () => {
    const speedsOnly = rows.map(({ query, tokensPerSecond, source, weight }) => ({ query, tokensPerSecond, source, weight }))
    const lacking = await render({ name: 'mine', sha256: 'fedcba', fit: await fitOf(speedsOnly) })
    expect(lacking.all('svg')).toHaveLength(4)
    for (const page of [html, lacking.html]) expect(page).not.toMatch(/undefined|NaN|Infinity|\[object/)
  })

  it('escapes names', async () => {
    const attack = '<img src=x onerror=alert(1)>"\'&'
    const attacked = await render({
      name: attack,
      sha256: attack,
      fit: await fitOf(
        rows.map((row) => ({ ...row, source: attack })),
        { ...origin, created: attack, data: [{ file: attack, sha256: attack, rows: 1 }] }
      )
    })
    expect(attacked.html).not.toContain('<img')
    expect(attacked.all('#card tbody th')[0].textContent).toBe(attack)
  })

  it('is the same page for the same training', async () => {
    expect((await render({ name: 'mine', sha256: 'fedcba', fit: await fitOf(rows) })).html).toBe(html)
  })
})
