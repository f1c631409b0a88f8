using System.Net;

namespace Intotes.Chat.Tests.Features.Operators;

[Collection(nameof(DeskNodes))]
public sealed class ListOperatorsTests(DeskNodes desk) : DeskTest(desk)
{
    [Fact]
    public async Task Lists_those_that_called_with_their_presence_and_what_they_hold()
    {
        var (ann, ben) = (Desk.Operator(name: "Ann"), Desk.Operator(name: "Ben"));
        await ann.ServeAsync("billing");
        await ann.PutAsync("operator/presence", new { capacity = 3 });
        await Desk.CallHeldByAsync(ben);
        await ben.PutAsync("operator/presence", new { status = "away" });

        var listed = (await ann.GetAsync("operator/operators")).Expect(HttpStatusCode.OK)["operators"]!.AsArray();

        Assert.Equal(["Ann", "Ben"], listed.Select(o => (string?)o!["name"]));
        Assert.Equal([true, false], listed.Select(o => (bool)o!["online"]!));
        Assert.Equal([3, 5], listed.Select(o => (int)o!["capacity"]!));
        Assert.Equal([0, 1], listed.Select(o => (int)o!["held"]!));
        Assert.Equal(["billing"], listed[0]!["departments"]!.AsArray().Select(d => (string?)d));
        Assert.Equal(ben.Id, (string?)listed[1]!["id"]);
    }

    [Fact]
    public async Task Nobody_is_listed_who_never_called()
    {
        var listed = (await Desk.Operator(name: "Ann").GetAsync("operator/operators"))["operators"]!.AsArray();

        Assert.Equal(["Ann"], listed.Select(o => (string?)o!["name"]));
    }
}
