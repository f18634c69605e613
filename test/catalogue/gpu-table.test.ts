import { describe, expect, it } from 'vitest'
import { findGpu } from '../../src/catalogue/gpu.ts'
import { readGpuName } from '../../src/catalogue/gpu-name.ts'
import { gpus } from '../../src/catalogue/gpu-table.ts'

const GPUS = gpus()

const FIGURES = ['vramGb', 'memBandwidthGbs', 'fp16Tflops', 'fp32Tflops', 'tensorTflops', 'tdpW'] as const

describe('the table of GPUs', () => {
  it('is sorted by vendor and name, with every name once', () => {
    const names = GPUS.map(({ vendor, name }) => `${vendor} ${name}`)
    expect(names).toEqual([...new Set(names)].sort())
  })

  it('has figures that are above 0 or missing, and bandwidth for all', () => {
    const figures = GPUS.flatMap((gpu) => FIGURES.map((figure) => ({ name: gpu.name, figure, value: gpu[figure] })))
    expect(figures.filter(({ value }) => value !== null && !(value > 0 && value < 20_000))).toEqual([])
    expect(GPUS.filter(({ memBandwidthGbs }) => typeof memBandwidthGbs !== 'number')).toEqual([])
  })

  it('has years of GPUs that run language models', () => {
    expect(GPUS.filter(({ released }) => !(Number.isInteger(released) && released >= 2014 && released <= 2026))).toEqual([])
  })

  it('leaves the memory open exactly where it is the system’s', () => {
    const open = GPUS.filter(({ vramGb }) => vramGb === null)
    expect(new Set(open.map(({ kind }) => kind))).toEqual(new Set(['integrated', 'unified']))
    expect(GPUS.filter(({ vramGb, kind }) => vramGb !== null && kind === 'integrated')).toEqual([])
  })

  it('has no tensor rate below that of the shaders in single precision', () => {
    expect(GPUS.filter(({ tensorTflops, fp32Tflops }) => (tensorTflops ?? Infinity) < (fp32Tflops ?? 0))).toEqual([])
  })

  it('finds every GPU under its own name, and every variant that is usually meant under the open name', () => {
    expect(GPUS.filter((gpu) => findGpu(gpu.name) !== gpu).map(({ name }) => name)).toEqual([])
    const open = GPUS.flatMap((gpu) => (gpu.meantBy ?? []).map((name) => ({ gpu, name })))
    expect(open.filter(({ gpu, name }) => findGpu(name) !== gpu).map(({ name }) => name)).toEqual([])
  })

  it('finds a GPU under its aliases, and the usual one or none under an alias that several share', () => {
    const aliases = GPUS.flatMap((gpu) => (gpu.aliases ?? []).map((alias) => ({ gpu, alias })))
    const wrong = aliases.filter(({ gpu, alias }) => {
      const found = GPUS.find((one) => one === findGpu(alias))
      if (found === undefined) return aliases.filter((other) => other.alias === alias).length === 1
      return found !== gpu && !found.meantBy?.includes(alias)
    })
    expect(wrong.map(({ alias }) => alias)).toEqual([])
  })

  it('has no two GPUs that all of what a name can say does not tell apart', () => {
    const told = GPUS.map((gpu) => {
      const { model, memory, shape, socket, gpuCores } = readGpuName(gpu.name)
      return [gpu.vendor, model, memory, shape, socket, gpuCores, gpu.vramGb].join('|')
    })
    expect(told.filter((one, i) => told.indexOf(one) !== i)).toEqual([])
  })
})
