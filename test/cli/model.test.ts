import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { pcg32 } from '../../src/core/rng.ts'
import { writeModelDocument } from '../../src/throughput/model-file.ts'
import { sampleModel } from '../throughput/sample-model.ts'
import { fleetJsonl, fleetRows } from '../training/fleet-rows.ts'
import { runCli, startCli } from './run-cli.ts'

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'peerbandit-model-'))
  await writeFile(join(directory, 'runs.jsonl'), fleetJsonl(fleetRows(200, pcg32(1))))
  await writeFile(join(directory, 'few.jsonl'), fleetJsonl(fleetRows(30, pcg32(1))))
  await mkdir(join(directory, 'models'))
  await writeFile(join(directory, 'models', 'sample.json'), writeModelDocument(sampleModel()))
  await writeFile(join(directory, 'models', 'broken.json'), '{')
})
afterAll(async () => {
  await rm(directory, { recursive: true })
})

const cli = (...args: readonly string[]) => runCli(args, { cwd: directory })
const train = (...args: readonly string[]) => ['train', '--backend', 'wasm', '--data', 'runs.jsonl', '--out', ...args]

describe('peerbandit train and model', () => {
  it('train, compare, promote and roll back', { timeout: 120_000 }, async () => {
    const trained = await cli(...train('models/mine', '--epochs', '5', '--hidden', '4', '--report', 'pages/mine.html'))
    expect(trained.status, trained.stderr).toBe(0)
    expect(trained.stderr).toMatch(/^160 rows\nbackend: wasm\n {2}\d % {2}fit 1 of 6 \(folds\): epoch 1 of 5, loss \d/)
    expect(trained.stdout).toMatch(/^decode tokens\/s .*\nnetwork .*\nroofline/)
    expect(trained.stdout).toMatch(/models\/mine\.json: trained on 160 rows\nreport: pages\/mine\.html\n$/)
    const [model, page] = [
      await readFile(join(directory, 'models/mine.json'), 'utf8'),
      await readFile(join(directory, 'pages/mine.html'), 'utf8')
    ]
    expect(page).toContain((JSON.parse(model) as { readonly sha256: string }).sha256)
    expect(page).toMatch(/<\/html>\n$/)

    const compared = await cli('model', 'compare', 'mine', 'sample', '--models', 'models', '--data', 'runs.jsonl')
    expect(compared.status, compared.stderr).toBe(0)
    expect(compared.stdout).toMatch(/^tokens\/s, held back .*cov80\nmine +40 .*\nsample +40 .*\nroofline/)

    const promote = (name: string, ...more: string[]) =>
      cli('model', 'promote', name, '--models', 'models', '--data', 'runs.jsonl', ...more)
    const refused = await promote('sample')
    expect(refused.stderr).toMatch(/^error ERR_MODEL: sample is not better: pinball loss of ln tokens\/s: .* against .* of /)
    expect([refused.status, refused.stdout]).toEqual([2, ''])
    for (const name of ['sample', 'mine']) {
      const forced = await promote(name, '--force')
      expect(forced.stdout).toContain(`\n${name} serves: `)
    }

    const again = await cli(...train('models/mine'))
    expect(again.stderr).toMatch(/ERR_MODEL: mine of models serves, or has served: give the new model another name/)
    const back = await cli('model', 'rollback', '--models', 'models')
    expect(back.stdout).toMatch(/^sample serves since .*: forced; /)
    const all = await cli('model', 'show', '--models', 'models')
    expect(all.stdout).toMatch(/^\tbroken\tcannot be used: .*not JSON.*\n\tmine\t\w{12}, made 2.*\nserves\tsample\t/)
    const one = await cli('model', 'show', 'mine', '--models', 'models')
    expect(JSON.parse(one.stdout)).toMatchObject({ name: 'mine', hidden: 4, card: { heldBack: 0.2, trainedRows: 160 } })
    const last = await cli('model', 'rollback', '--models', 'models')
    expect([last.status, last.stderr]).toEqual([2, 'error ERR_MODEL: no model served before sample\n'])
  })

  it('stops at Ctrl-C with status 130 and leaves nothing behind', { timeout: 60_000 }, async () => {
    const running = startCli(train('stopped/one', '--epochs', '100000'), { cwd: directory })
    let said = ''
    running.process.stderr?.on('data', (data: Buffer) => {
      said += data.toString()
      if (said.includes('epoch')) running.process.kill('SIGINT')
    })
    expect((await running.ended).status).toBe(130)
    expect(await readdir(directory)).not.toContain('stopped')
  })

  it.each([
    [
      ['train', '--data', 'few.jsonl', '--out', 'models/few'],
      /ERR_DATASET: training needs at least 60 rows .*36 more rows needed/
    ],
    [['train', '--data', 'none.csv', '--out', 'models/x'], /ERR_DATASET: none\.csv: does not exist/],
    [['train', '--data', 'runs.jsonl', '--out', 'models/registry'], /ERR_MODEL: a model's name must be/],
    [['train', '--data', 'runs.jsonl', '--out', 'models/x', '--backend', 'abacus'], /Allowed choices are tfjs-node-gpu/],
    [['train', '--data', 'runs.jsonl', '--out', 'models/x', '--hold-back', '2'], /number from 0 to 1, got "2"/],
    [['train', '--data', 'runs.jsonl', '--out', 'models/x', '--epochs', '0'], /whole number from 1 to 100000/],
    [['model', 'show', 'broken', '--models', 'models'], /ERR_MODEL: models\/broken\.json: throughput model: not JSON/],
    [['model', 'show', '--models', 'nowhere'], /ERR_MODEL: nowhere: does not exist/],
    [['model', 'promote', '../x', '--models', 'models', '--data', 'runs.jsonl'], /ERR_MODEL: a model's name must be/]
  ])('refuse %j with status 2', async (args, message) => {
    const { status, stdout, stderr } = await cli(...args)
    expect(stderr).toMatch(message)
    expect([status, stdout]).toEqual([2, ''])
  })
})
