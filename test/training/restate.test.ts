import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { pcg32 } from '../../src/core/rng.ts'
import { restateArgonne } from '../../training/restate-argonne.ts'
import { restateLocalscore } from '../../training/restate-localscore.ts'
import { restateStrix } from '../../training/restate-strix.ts'
import { restateVllm } from '../../training/restate-vllm.ts'
import { drawn, type Restated } from '../../training/restated.ts'

let data = ''
beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), 'peerbandit-restate-'))
})
afterAll(async () => {
  await rm(data, { recursive: true })
})

async function write(name: string, lines: readonly string[]): Promise<void> {
  await mkdir(dirname(join(data, name)), { recursive: true })
  await writeFile(join(data, name), lines.join('\n'))
}

function keptOf(restated: readonly Restated[]): Readonly<Record<string, string | number>>[] {
  return restated.flatMap((each) => ('kept' in each ? [each.kept] : []))
}

function droppedOf(restated: readonly Restated[]): Record<string, number> {
  const dropped = restated.flatMap((each) => ('kept' in each ? [] : [[each.dropped, each.count ?? 1] as const]))
  return Object.fromEntries(dropped.filter(([, count]) => count > 0))
}

describe('restating', () => {
  it('LocalScore keeps GPUs of the table, by name', async () => {
    await write('localscore/localscore_dev.csv', [
      'model_name,model_quant,model_params_m,accel_name,accel_type,accel_ram_gb,system_os,gen_tps,ttft_ms,mem_bw_gbs',
      'Llama 3.2 1B Instruct,Q4_K - Medium,1500,NVIDIA A10,GPU,22,Linux,150.5,90,',
      'Llama 3.2 1B Instruct,Q4_K - Medium,1500,"Some CPU (old, slow)",CPU,15,Linux,20,9000,',
      'Llama 3.2 1B Instruct,Q4_K - Medium,1500,Voodoo 9,GPU,15,Windows,20,9000,77'
    ])
    const restated = await restateLocalscore(data)
    expect(keptOf(restated)).toEqual([
      expect.objectContaining({ gpu: 'NVIDIA A10', params_b: 1.5, tokens_per_second: '150.5', ttft_ms: '90', weight: 1 })
    ])
    expect(droppedOf(restated)).toEqual({ 'no GPU': 1, 'GPU not in the table': 1 })
  })

  it('Strix Halo keeps speeds with nothing in context, and one time of reading a model', async () => {
    await write('strix-halo-kyuz0/strix_halo.csv', [
      'model,params_b,file_gib,test,tps_mean',
      'a-7b,7,3.5,tg128,50',
      'a-7b,7,3.5,pp512,500',
      'a-7b,7,3.5,pp512,512',
      'a-7b,7,3.5,pp512,1000',
      'a-7b,7,3.5,tg32 @ d32768,20',
      'a-7b,7,3.5,,'
    ])
    const restated = await restateStrix(data)
    const quant = `${((3.5 * 2 ** 30 * 8) / 7e9).toFixed(3)}bpw`
    expect(keptOf(restated)).toEqual([
      expect.objectContaining({ quant, tokens_per_second: '50', output_tokens: 128 }),
      expect.objectContaining({ quant, ttft_ms: 1000, prompt_tokens: 512, weight: 0.5 })
    ])
    expect(droppedOf(restated)).toEqual({ 'reading: in the median of its model': 2, failed: 1, 'with a context before': 1 })
  })

  it('LLM-Inference-Bench is cleaned: impossible runs with their group, and what llama.cpp calls a batch', async () => {
    await write('argonne-llm-inference-bench/all_results.csv', [
      'hardware,n_hw,framework,model,params_b,in_out_len,batch,latency_s',
      'Nvidia H100 GPU,1,vLLM,meta-llama/Meta-Llama-3-8B,8.03,1024,16,10',
      'Nvidia H100 GPU,1,vLLM,meta-llama/Meta-Llama-3-8B,8.03,2048,1,0.1',
      'Nvidia H100 GPU,1,vLLM,meta-llama/Meta-Llama-3-8B,8.03,2048,16,20',
      'Nvidia H100 GPU,1,llama.cpp,meta-llama/Meta-Llama-3-8B,8.03,1024,1,30',
      'Nvidia H100 GPU,1,llama.cpp,meta-llama/Meta-Llama-3-8B,8.03,1024,32,12',
      'SambaNova SN40L,8,sambaflow,meta-llama/Meta-Llama-3-8B,8.03,1024,1,5'
    ])
    await write('argonne-llm-inference-bench/ttft_itl.csv', [
      'Hardware,Num of Hardware,Framework,Model,Input Length,Output Length,Batch Size,TTFT Latency,end_latency ',
      'Nvidia GH200 GPU,1,vLLM,meta-llama/Meta-Llama-3-8B,1024,1,16,0.378'
    ])
    const restated = await restateArgonne(data, { rows: 100, rng: pcg32(1) })
    const kept = keptOf(restated)
    expect(kept.map(({ engine, concurrency }) => [engine, concurrency])).toEqual([
      ['vLLM', 16],
      ['llama.cpp', 1],
      ['vLLM', '16']
    ])
    // 2 · 8 billion · 16 · 1,024 operations at half of 989.4 TFLOPS.
    expect(kept[0].tokens_per_second).toBeCloseTo(1024 / (10 - (2 * 8e9 * 16 * 1024) / 494.7e12), 1)
    expect(kept[2]).toMatchObject({ gpu: 'GH200 96 GB', ttft_ms: 378, weight: 0.5 })
    expect(droppedOf(restated)).toEqual({
      'GPU not in the table': 1,
      'among runs faster than the memory': 2,
      'llama.cpp with small batches': 1
    })
  })

  it('the sweep of vLLM keeps samples under load', async () => {
    await write('vllm-burstgpt-load-sweep/vllm_load.csv', [
      'scale,t_s,gen_tps,running',
      '100,0,0,0',
      '100,0.5,400,4',
      '100,1,5,1'
    ])
    const restated = await restateVllm(data, pcg32(1))
    expect(keptOf(restated)).toEqual([expect.objectContaining({ gpu: 'unknown', concurrency: '4', tokens_per_second: 100 })])
    expect(droppedOf(restated)).toEqual({ 'idle, or nearly so': 2 })
  })
})

it('draws as many as wanted, all alike, in order', () => {
  const items = Array.from({ length: 20 }, (_, i) => i)
  const times = new Array<number>(20).fill(0)
  for (let seed = 0; seed < 2_000; seed++) {
    const some = drawn(items, 5, pcg32(seed))
    expect([some.length, some.toSorted((a, b) => a - b)]).toEqual([5, some])
    for (const i of some) times[i]++
  }
  expect(Math.min(...times)).toBeGreaterThan(400)
  expect(Math.max(...times)).toBeLessThan(600)
  expect(drawn(items, 50, pcg32(1))).toEqual(items)
})
