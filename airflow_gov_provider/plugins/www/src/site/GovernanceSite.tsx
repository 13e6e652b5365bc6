import { Navigate, Route, Routes, useLocation } from "react-router-dom";

import { Nothing } from "src/components/Faces";
import { To } from "src/components/Links";
import { governancePath, SITE } from "src/components/paths";
import { EVERYTHING } from "src/components/scope";
import { PageBoundary } from "src/site/PageBoundary";
import { PAGES } from "src/site/pages";
import { Shell } from "src/site/Shell";

/** Behind the Governance entry of Airflow's navigation. */
export function GovernanceSite() {
  const { pathname } = useLocation();
  const entries = PAGES.map(({ label, path }) => {
    const to = governancePath(path);
    return { isCurrent: pathname === to || pathname.startsWith(`${to}/`), label, to };
  });
  return (
    <Shell entries={entries}>
      <Routes>
        <Route element={<Navigate replace to={governancePath(PAGES[0]?.path ?? "")} />} index />
        {PAGES.map(({ Page, label, path }) => (
          <Route
            element={
              <PageBoundary key={path} label={label}>
                <Page scope={EVERYTHING} />
              </PageBoundary>
            }
            key={path}
            path={`${path}/*`}
          />
        ))}
        <Route element={<NoSuchPage />} path="*" />
      </Routes>
    </Shell>
  );
}

function NoSuchPage() {
  return (
    <Nothing title="There is nothing at this address">
      It may have been mistyped or moved. <To to={SITE}>Go to the start of governance</To>.
    </Nothing>
  );
}
