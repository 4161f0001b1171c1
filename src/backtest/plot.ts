export async function writePlot(_f: string, _d: unknown): Promise<void> {}
