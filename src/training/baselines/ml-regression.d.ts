/** What is used of ml-regression, which has no types of its own. */
declare module 'ml-regression' {
  export class MultivariateLinearRegression {
    constructor(
      x: readonly (readonly number[])[],
      y: readonly (readonly number[])[],
      options?: { readonly intercept?: boolean; readonly statistics?: boolean }
    )
    predict(x: readonly number[]): number[]
  }
}
