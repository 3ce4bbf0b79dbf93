import { readFile } from 'node:fs/promises';
import * as v from 'valibot';
import type { AskedPrices, PriceCache } from '../../core/cloud/money/priceBook';
import { PriceTable } from '../../core/cloud/money/priceTable';
import { writeWhole } from './atomic';

const Prices = v.record(v.string(), v.record(v.string(), v.object({ perHour: v.number(), at: v.number() })));

/** Answers of the price list in one JSON file. What cannot be read counts as never asked. */
export class FilePriceCache implements PriceCache {
  constructor(private readonly file: string) {}

  async read(): Promise<AskedPrices> {
    try {
      const parsed = v.safeParse(Prices, JSON.parse(await readFile(this.file, 'utf8')));
      return parsed.success ? parsed.output : {};
    } catch {
      return {};
    }
  }

  async write(prices: AskedPrices): Promise<void> {
    await writeWhole(this.file, `${JSON.stringify(prices)}\n`);
  }
}

const Table = v.object({ regions: v.array(v.string()), days: v.record(v.string(), v.record(v.string(), v.array(v.number()))) });

/** The prices that ship with Skylab. @throws when the file is not the one that was shipped */
export async function readPriceTable(file: string): Promise<PriceTable> {
  return new PriceTable(v.parse(Table, JSON.parse(await readFile(file, 'utf8'))));
}
