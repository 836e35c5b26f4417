import { createConfig } from "ponder";
import { abi } from "./abi";

export default createConfig({
  database: { kind: "postgres", connectionString: process.env.DATABASE_URL },
  chains: { local: { id: 31337, rpc: process.env.RPC_URL, disableCache: true } },
  contracts: {
    Token: {
      chain: "local",
      abi,
      address: process.env.TOKEN as `0x${string}`,
      startBlock: 1,
      endBlock: Number(process.env.LAST_BLOCK),
    },
  },
});
