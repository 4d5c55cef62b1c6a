import { readdirSync, readFileSync } from 'node:fs';
import { ordersIn } from '../../../shared/provisioning/envelope.ts';
import { type ProvisioningOrder, readOrder } from '../../../shared/provisioning/order.ts';

const FOLDER = new URL('../../../infra/local/orders/', import.meta.url);

/** Every order of every sample file, read, with a name for a test's title. */
export function sampleOrders(): { readonly name: string; readonly order: ProvisioningOrder }[] {
  return readdirSync(FOLDER).flatMap((file) =>
    ordersIn(JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8'))).orders.map((data, index) => {
      const parsed = readOrder(data);
      if (!parsed.ok) throw new Error(`Expected ${file} to hold orders: ${parsed.faults.join('; ')}`);
      return { name: `${file} #${index}`, order: parsed.value };
    }),
  );
}

/** The first order of one sample file. */
export function sampleOrder(file: string): ProvisioningOrder {
  const sample = sampleOrders().find(({ name }) => name === `${file} #0`);
  if (!sample) throw new Error(`Expected a sample ${file}`);
  return sample.order;
}
