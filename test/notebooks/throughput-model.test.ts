import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { messageOf } from '../../src/core/errors.ts'
import { executeNotebook, type Notebook, NOTEBOOKS, type NotebookOutput, setUpJupyter } from './jupyter.ts'

const path = join(NOTEBOOKS, 'throughput-model.ipynb')
const text = await readFile(path, 'utf8')
const kept = JSON.parse(text) as Notebook

function codeOf({ cells }: Notebook) {
  return cells.filter(({ cell_type }) => cell_type === 'code')
}

function outputsOf(notebook: Notebook): NotebookOutput[] {
  return codeOf(notebook).flatMap(({ outputs = [] }) => outputs)
}

function shown(outputs: readonly NotebookOutput[], type: string): string[] {
  return outputs.flatMap(({ data }) => (data?.[type] === undefined ? [] : [[data[type]].flat().join('')]))
}

/** Every figure and table is there, and nothing else but how many rows there are. */
function expectWhole(notebook: Notebook, rows: string): void {
  const outputs = outputsOf(notebook)
  expect(outputs.filter(({ output_type, text = '' }) => output_type === 'stream' && [text].flat().join('') !== rows)).toEqual([])
  expect(outputs.filter(({ output_type }) => output_type === 'error')).toEqual([])
  const [figures, tables] = [shown(outputs, 'image/svg+xml'), shown(outputs, 'text/html')]
  expect([figures.length, tables.length]).toEqual([12, 5])
  for (const figure of [...figures, ...tables]) expect(figure).not.toMatch(/NaN|undefined|Infinity|var\(--/)
  for (const model of ['network', 'roofline', 'boosted trees']) expect(tables[0]).toContain(`>${model}</th>`)
  for (const model of ['all of it', 'no tensor cores', 'physics alone', 'roofline']) expect(tables[3]).toContain(`>${model}</th>`)
}

describe('the notebook of the throughput model', () => {
  let directory: string
  let lacking: string | undefined
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'peerbandit-notebook-'))
    lacking = await setUpJupyter().then(() => undefined, messageOf)
    if (lacking !== undefined) process.stderr.write(`the notebook is not run: ${lacking}\n`)
  }, 600_000)
  afterAll(async () => {
    await rm(directory, { recursive: true })
  })

  it('runs from its first cell to its last, on made-up rows', { timeout: 300_000 }, async ({ skip }) => {
    skip(lacking !== undefined, lacking)
    expectWhole(await executeNotebook(path, directory), '220 rows, 220 of which judge\n')
  })

  it('keeps outputs of the public measurements, in order', () => {
    expectWhole(kept, '1526 rows, 537 of which judge\n')
    const counts = codeOf(kept).map(({ execution_count }) => execution_count)
    expect(counts).toEqual(counts.map((_, i) => i + 1))
  })

  it('is small, and says nothing of the machine that ran it', () => {
    expect(Buffer.byteLength(text)).toBeLessThan(500_000)
    expect(text).not.toMatch(/\/(?:home|root|tmp|work|Users)\/|file:\/\//)
  })
})
