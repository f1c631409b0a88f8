using System.Buffers.Text;
using System.Net;
using System.Text;
using CsCheck;

namespace Intotes.Chat.Tests.Features.Operators;

[Collection(nameof(DeskNodes))]
public sealed class OperatorCursorTests(DeskNodes desk) : DeskTest(desk)
{
    private const string SessionId = "q0mJ3mX0T0m2cKk0aXb1Zw";

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("0-0")]
    [InlineData("null")]
    [InlineData("ä")]
    [InlineData("*")]
    [InlineData("a")]
    [InlineData("AAAA=A")]
    public async Task What_is_no_cursor_of_this_service_is_refused(string cursor) =>
        (await PollAsync(Uri.EscapeDataString(cursor))).ExpectProblem(400, "invalid_cursor");

    [Theory]
    [InlineData("")]
    [InlineData("-1")]
    [InlineData("2147483648")]
    [InlineData("0 ")]
    [InlineData("0  " + SessionId + "=1-0")]
    [InlineData("0 " + SessionId)]
    [InlineData("0 " + SessionId + "=")]
    [InlineData("0 " + SessionId + "=1")]
    [InlineData("0 " + SessionId + "=+1-0")]
    [InlineData("0 " + SessionId + "=99999999999999999999-0")]
    [InlineData("0 " + SessionId + "=1-0=1-0")]
    [InlineData("0 " + SessionId + "=1-0 " + SessionId + "=2-0")]
    [InlineData("0 short=1-0")]
    [InlineData("0 " + SessionId + "{x}=1-0")]
    [InlineData("0\n" + SessionId + "=1-0")]
    public async Task What_only_looks_like_a_cursor_is_refused(string inside) =>
        (await PollAsync(Base64Url.EncodeToString(Encoding.UTF8.GetBytes(inside)))).ExpectProblem(400, "invalid_cursor");

    [Fact]
    public async Task A_cursor_of_more_sessions_than_anybody_has_is_refused()
    {
        string Of(int count) => Base64Url.EncodeToString(Encoding.ASCII.GetBytes("0: " + string.Join(' ', Enumerable.Range(0, count).Select(n => $"{n}=1-0".PadLeft(26, 'A')))));

        (await PollAsync(Of(100))).Expect(HttpStatusCode.OK);
        (await PollAsync(Of(101))).ExpectProblem(400, "invalid_cursor");
    }

    [Fact]
    public async Task Noise_is_refused_or_harmless()
    {
        var dana = Desk.Operator();
        await Desk.CallHeldByAsync(dana);
        var valid = (string)(await dana.GetAsync("operator/poll"))["cursor"]!;
        var noise = Gen.OneOf(
            Gen.Byte.Array[0, 60].Select(bytes => Base64Url.EncodeToString(bytes)),
            Gen.String[Gen.Char["0123456789 =-+.\u0000azAZ_"], 0, 60].Select(text => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text))),
            Gen.Select(Gen.Int[0, valid.Length - 1], Gen.Char.AlphaNumeric).Select((at, c) => $"{valid[..at]}{c}{valid[(at + 1)..]}"),
            Gen.Int[0, valid.Length - 1].Select(length => valid[..length]));
        await noise.SampleAsync(
            async cursor =>
            {
                var answer = await dana.GetAsync($"operator/poll?after={Uri.EscapeDataString(cursor)}");
                if (answer.Status != HttpStatusCode.OK)
                {
                    answer.ExpectProblem(400, "invalid_cursor");
                }
            },
            iter: 400,
            threads: 1);
    }

    [Fact]
    public async Task A_cursor_that_names_sessions_of_others_shows_nothing_of_them()
    {
        var (dana, eli) = (Desk.Operator(), Desk.Operator());
        var call = await Desk.CallHeldByAsync(dana);
        await call.Visitor.SayAsync("secret");
        var cursor = Base64Url.EncodeToString(Encoding.ASCII.GetBytes($"0 {call.SessionId}=0-0"));

        var answer = await eli.GetAsync($"operator/poll?after={cursor}");

        Assert.Empty(answer.Expect(HttpStatusCode.OK)["sessions"]!.AsArray());
    }

    [Theory]
    [InlineData("0")]
    [InlineData("26")]
    public async Task It_waits_for_1_to_25_seconds(string wait) => (await Desk.Operator().GetAsync($"operator/poll?wait={wait}")).ExpectInvalid("wait");

    private Task<Answer> PollAsync(string cursor) => Desk.Operator().GetAsync($"operator/poll?after={cursor}");
}
