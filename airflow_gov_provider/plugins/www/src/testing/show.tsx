import { ChakraProvider, defaultSystem } from "@chakra-ui/react";
import { QueryClientProvider } from "@tanstack/react-query";
import { render } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { type ReactNode, useEffect } from "react";
import { MemoryRouter, Route, Routes, useLocation } from "react-router-dom";

import { queryClient } from "src/api/queryClient";

let address = "";

function Address() {
  const { pathname, search } = useLocation();
  useEffect(() => {
    address = `${pathname}${search}`;
  });
  return null;
}

/** Where the page under test is now, filters included. */
export const currentAddress = (): string => address;

/**
 * Show a part of the site as Airflow would, with its own theme and router around it.
 *
 * @param at the address at which it is opened.
 * @returns a user who can click and type.
 */
export function show(part: ReactNode, at = "/plugin/governance") {
  const user = userEvent.setup();
  const shown = render(
    <ChakraProvider value={defaultSystem}>
      <MemoryRouter initialEntries={[at]}>
        <QueryClientProvider client={queryClient}>
          <Routes>
            <Route element={part} path="/plugin/:page/*" />
            <Route element={part} path="*" />
          </Routes>
        </QueryClientProvider>
        <Address />
      </MemoryRouter>
    </ChakraProvider>,
  );
  return { user, ...shown };
}
