import type { ThroughputModel } from '../evaluation/model.ts'
import { boostedTrees } from './boosted-trees.ts'
import { gpuMedian } from './gpu-median.ts'
import { linear } from './linear.ts'
import { roofline, rooflineBySize, rooflinePlusConstant } from './roofline.ts'

/** What every model of throughput is held against, the simplest first. */
export function baselines(): readonly ThroughputModel[] {
  return [roofline, rooflineBySize, rooflinePlusConstant, linear, boostedTrees(), gpuMedian]
}
