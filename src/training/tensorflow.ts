import type * as tfjs from '@tensorflow/tfjs'

/** TensorFlow.js: loaded when something trains, never with the package. */
export type TensorFlow = typeof tfjs
