import { describe, expect, it } from 'vitest'
import { pcg32 } from '../../../src/core/rng.ts'
import { loadDrawing } from '../../../src/experiment/drawing.ts'
import { roofline } from '../../../src/training/baselines/roofline.ts'
import { crossValidate } from '../../../src/training/evaluation/cross-validate.ts'
import { countsFigure, countsOf, lossesFigure } from '../../../src/training/report/bars-figure.ts'
import { familyOf } from '../../../src/training/report/family.ts'
import { residualsFigure, residualsOf } from '../../../src/training/report/residuals-figure.ts'
import { standaloneSvg } from '../../../src/training/report/standalone-svg.ts'
import { fleetRows } from '../fleet-rows.ts'

const drawing = await loadDrawing()
const rows = fleetRows(110, pcg32(1))
const models = await crossValidate(rows, [roofline], { innerFolds: 0 })
const texts = (svg: string) => [...svg.matchAll(/>([^<>]+)</g)].map(([, text]) => text)

describe('figures of a dataset and of models', () => {
  it('count rows by family, the most first', () => {
    const shown = texts(
      countsFigure(
        drawing,
        countsOf(rows, ({ query }) => familyOf(query)),
        'rows by family'
      ).html
    )
    expect(shown).toContain('rows by family')
    expect(shown.indexOf('NVIDIA Ampere')).toBeLessThan(shown.indexOf('Apple M1'))
    expect(shown.filter((text) => text === '30')).not.toHaveLength(0)
  })

  it('show the losses of the evaluation', () => {
    const { logPinball } = models[0].targets.speed[0].pooled!
    expect(texts(lossesFigure(drawing, models, 'speed').html)).toEqual(
      expect.arrayContaining(['roofline', logPinball.toPrecision(3)])
    )
  })

  it('show how far each family is from the roofline, in order', () => {
    const residuals = residualsOf(models[0].targets.speed[0].judged, 'speed')
    expect(residuals.map(({ q50 }) => q50)).toEqual(residuals.map(({ q50 }) => q50).sort((a, b) => a - b))
    expect(residuals.at(0)?.family).toMatch(/^AMD/)
    expect(residuals.at(-1)?.family).toMatch(/^Apple/)
    expect(texts(residualsFigure(drawing, residuals).html)).toEqual(expect.arrayContaining(residuals.map(({ family }) => family)))
  })

  it('stand alone as images, without variables of a page', () => {
    const figure = lossesFigure(drawing, models, 'speed')
    const svg = standaloneSvg(figure)
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" color="#[0-9a-f]{6}"/)
    expect(svg).not.toMatch(/var\(|="[^"]*\d\.\d{3}/)
    expect(texts(svg)).toEqual(texts(figure.html))
  })
})
