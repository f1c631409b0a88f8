using CsCheck;
using Intotes.Chat.Tests.Features.Operators.Model;

namespace Intotes.Chat.Tests.Features.Operators;

[Trait("time", "long")]
public sealed class DeskModelTests(DeskModelNodes nodes) : IClassFixture<DeskModelNodes>
{
    private const int Days = 45;
    private const int MostSteps = 180;

    /// <summary>A failure names the seed, and the shortest day found that fails alike.</summary>
    [Fact]
    public async Task Whatever_visitors_and_operators_do_the_desk_does_as_the_model()
    {
        var steps = 0;
        await DeskStep.Day(MostSteps).SampleAsync(
            async day =>
            {
                await nodes.EmptyAsync();
                var run = new DeskRun(nodes);
                foreach (var (index, step) in day.Index())
                {
                    await run.TakeAsync(step, $"step {index + 1}");
                    steps++;
                }

                await run.CompareAllAsync();
            },
            iter: Days,
            threads: 1,
            print: day => string.Join('\n', day.Select(step => step.ToString())));

        Assert.True(steps > Days * MostSteps / 4, $"{steps} steps say little");
    }
}
