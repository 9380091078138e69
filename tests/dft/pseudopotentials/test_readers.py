"""The readers on files written here from analytic potentials, whose form factors are known in closed form."""

from math import pi, sqrt

import numpy as np
import pytest
import torch

from llpt.dft.pseudopotentials import get_pseudopotential
from llpt.errors import InputError

WIDTH = 0.5  # of the Gaussian projectors, bohr
COUPLING = np.array([[-1.5, 0.3, 0.0], [0.3, 0.7, 0.0], [0.0, 0.0, -0.4]])  # Ha


def projector_tables(r):
    """r β(r) of two s projectors and one p projector: Gaussians times r^l and r^{l+2}."""
    gaussian = np.exp(-0.5 * (r / WIDTH) ** 2)
    return [(0, r * gaussian), (0, r**3 * gaussian), (1, r**2 * gaussian)]


def projector_form_factors(g):
    """4π ∫ r² j_l(Gr) β(r) dr of the same."""
    y = (g * WIDTH) ** 2
    gaussian = (2 * pi) ** 1.5 * WIDTH**3 * np.exp(-0.5 * y)
    return [gaussian, gaussian * WIDTH**2 * (3 - y), gaussian * WIDTH**2 * g]


def upf_text(*, element="H", kind="NC", extra=""):
    r = np.exp(np.log(1e-5) + np.arange(1401) * 0.011)
    local = 2 * get_pseudopotential("gth").real_space(r)
    tables = projector_tables(r)

    def block(values):
        return " ".join(f"{v:.15e}" for v in np.ravel(values))

    betas = "\n".join(
        f'<PP_BETA.{i + 1} index="{i + 1}" angular_momentum="{l}">\n{block(beta)}\n</PP_BETA.{i + 1}>'
        for i, (l, beta) in enumerate(tables)
    )
    return f"""<UPF version="2.0.1">
<PP_INFO>free text with <strange & characters></PP_INFO>
<PP_HEADER element="{element}" pseudo_type="{kind}" core_correction="F" z_valence="1.0" {extra}/>
<PP_MESH><PP_R type="real">{block(r)}</PP_R></PP_MESH>
<PP_LOCAL>{block(local)}</PP_LOCAL>
<PP_NONLOCAL>{betas}<PP_DIJ>{block(2 * COUPLING)}</PP_DIJ></PP_NONLOCAL>
</UPF>
"""


def psp8_text(*, element=1.0, core=0.0, extension=1):
    r = 0.01 * np.arange(400)
    potential = get_pseudopotential("gth")
    local = np.append(potential.real_space(np.array([1e-9])), potential.real_space(r[1:]))
    tables = projector_tables(r)
    lines = [
        "H  written by a test",
        f"{element:.4f} 1.0000 200101 zatom,zion,pspd",
        "8 11 1 4 400 0 pspcod,pspxc,lmax,lloc,mmax,r2well",
        f"3.99 {core:.4f} 0.0 rchrg fchrg qchrg",
        "2 1 0 0 0 nproj",
        f"{extension} extension_switch",
    ]
    for l, members in ((0, (0, 1)), (1, (2,))):
        energies = "  ".join(f"{COUPLING[i, i]:.13e}".replace("e", "D") for i in members)
        lines.append(f"{l}   {energies}")
        for k in range(400):
            values = "  ".join(f"{tables[i][1][k]:.13e}".replace("e", "D") for i in members)
            lines.append(f"{k + 1} {r[k]:.13e} {values}")
    lines.append("4")
    lines += [f"{k + 1} {r[k]:.13e} {local[k]:.13e}" for k in range(400)]
    return "\n".join([*lines, "<INPUT>", "# anything", "</INPUT>", ""])


def written(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture(params=["H.upf", "H.psp8"])
def potential(request, tmp_path):
    text = upf_text() if request.param.endswith("upf") else psp8_text()
    return get_pseudopotential(written(tmp_path, request.param, text))


def test_local_form_factor_is_the_analytic_one(potential):
    g = torch.linspace(0.0, 30.0, 1201, dtype=torch.float64)
    exact = get_pseudopotential("gth")
    torch.testing.assert_close(potential.form_factor(g), exact.form_factor(g), rtol=0, atol=2e-8)
    torch.testing.assert_close(potential.form_factor_derivative(g), exact.form_factor_derivative(g), rtol=0, atol=1e-7)
    assert potential.alpha() == pytest.approx(exact.alpha(), abs=2e-8)
    assert potential.charge == 1.0


def test_projectors_are_the_analytic_ones(potential):
    g = torch.linspace(0.0, 25.0, 977, dtype=torch.float64)
    assert [p.l for p in potential.projectors] == [0, 0, 1]
    for projector, expected in zip(potential.projectors, projector_form_factors(g.numpy()), strict=True):
        torch.testing.assert_close(projector.radial(g), torch.from_numpy(expected), rtol=0, atol=2e-8)
    step = 1e-4
    inside = g[1:] + 0.0007
    for projector in potential.projectors:
        numerical = (projector.radial(inside + step) - projector.radial(inside - step)) / (2 * step)
        torch.testing.assert_close(projector.radial_derivative(inside), numerical, rtol=0, atol=1e-7)


def test_coupling(tmp_path):
    upf = get_pseudopotential(written(tmp_path, "H.UPF", upf_text()))
    np.testing.assert_allclose(upf.coupling, COUPLING, atol=1e-14)
    psp8 = get_pseudopotential(written(tmp_path, "H.psp8", psp8_text()))
    np.testing.assert_allclose(psp8.coupling, np.diag(np.diag(COUPLING)), atol=1e-12)
    assert not upf.is_local
    assert upf.content_hash != psp8.content_hash


def test_single_precision_and_shape(potential):
    g = torch.rand(4, 5) * 6
    value = potential.form_factor(g)
    assert value.dtype == torch.float32
    assert value.shape == g.shape
    torch.testing.assert_close(value.double(), potential.form_factor(g.double()), rtol=1e-5, atol=1e-5)


def test_norm_of_a_projector_from_its_form_factor(potential):
    """Parseval: (2π)^{-3} ∫ p² G² dG = ∫ β² r² dr for l = 0."""
    g = torch.linspace(0.0, 40.0, 8001, dtype=torch.float64)
    integral = torch.trapezoid(potential.projectors[0].radial(g) ** 2 * g**2, g).item() / (2 * pi) ** 3
    assert integral == pytest.approx(sqrt(pi) / 4 * WIDTH**3, rel=1e-6)


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("He.upf", upf_text(element="He"), "element"),
        ("paw.upf", upf_text(kind="PAW"), "norm-conserving"),
        ("us.upf", upf_text(extra='is_ultrasoft="T"'), "norm-conserving"),
        ("so.upf", upf_text(extra='has_so=".true."'), "spin"),
        ("short.upf", upf_text().replace("<PP_LOCAL>", "<PP_LOCAL>0.0 "), "length"),
        ("broken.upf", upf_text()[:-400], "UPF 2"),
        ("one.upf", "<PP_HEADER>\n0 Version\n", "UPF 2"),
        ("He.psp8", psp8_text(element=2.0), "element"),
        ("core.psp8", psp8_text(core=0.5), "core"),
        ("so.psp8", psp8_text(extension=3), "spin"),
        ("cut.psp8", "\n".join(psp8_text().splitlines()[:500]), "psp8"),
        ("text.psp8", "nothing\nof\nthe kind\n", "psp8"),
    ],
    ids=lambda value: value if len(value) < 12 else "",
)
def test_unusable_files_are_refused(tmp_path, name, text, says):
    with pytest.raises(InputError, match=says):
        get_pseudopotential(written(tmp_path, name, text))


def test_absent_file_is_named(tmp_path):
    with pytest.raises(InputError, match="no pseudopotential file"):
        get_pseudopotential(tmp_path / "nowhere.upf")
